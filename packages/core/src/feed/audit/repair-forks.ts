import { toHex } from "../../bytes/hex.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { encodeAuthorKeys } from "../../identity/author-keys.js";
import type { LaneId } from "../../identity/ids.js";
import type { Batch } from "../../protocol/key-space.js";
import { authorKey, decodeKey, tableRange } from "../../store/keys.js";
import type { FeedView } from "../lane/feed-view.js";
import { VerifiedFork } from "../seal/fork-proof.js";
import { storedProof } from "./audit-forks.js";
import { entriesOf } from "./audit-tables.js";
import type { AuditParts, Findings } from "./findings.js";
import { keysLeft } from "./repair-lane.js";

/** Keys that are lost are made again where a proof holds under them; a proof that does not hold under its author's keys goes. */
export function* repairForks(view: FeedView, parts: AuditParts, mended: Findings): Generator<Batch, void, undefined> {
  for (const [key, value] of entriesOf(view.keys, tableRange("fork"))) {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "fork") continue;
    const fork = judged(view, parts, place.id, value);
    if (fork === "stays") continue;
    if (fork instanceof Malformed) {
      mended.add("fork", `lane ${toHex(place.id)}`, `a proof that does not hold, removed: ${fork.reason}`);
      yield [[key.slice(), undefined]];
      continue;
    }
    const { author } = fork.proof.place;
    mended.add("author", toHex(author), "its key written anew: it is its id");
    yield [[authorKey(author), encodeAuthorKeys(fork.keys)]];
  }
}

/** A fork: it holds under keys that are to be written. Malformed: it goes. A hybrid author's keys cannot be made again, and without
 * them nothing contradicts its proofs: they stay, and the audit says that they cannot be checked. Others may bring the keys, but
 * nobody else need have the proof. */
function judged(view: FeedView, parts: AuditParts, lane: LaneId, value: Uint8Array): "stays" | VerifiedFork | Malformed {
  const proof = storedProof(parts, lane, value);
  if (proof instanceof Malformed) return proof;
  const { kind, keys } = keysLeft(view, parts.hasher, proof.place.author);
  const fork = VerifiedFork.verify(parts, proof, keys);
  if (kind === "held") return fork instanceof Malformed ? fork : "stays";
  return fork instanceof Malformed ? "stays" : fork;
}
