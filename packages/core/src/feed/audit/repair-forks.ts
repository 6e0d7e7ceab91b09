import { toHex } from "../../bytes/hex.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { encodeAuthorKeys } from "../../identity/author-keys.js";
import type { Batch } from "../../protocol/key-space.js";
import { authorKey, decodeKey, tableRange } from "../../store/keys.js";
import type { FeedView } from "../lane/feed-view.js";
import { storedFork } from "./audit-forks.js";
import { entriesOf } from "./audit-tables.js";
import type { AuditParts, Findings } from "./findings.js";
import { keysLeft } from "./repair-lane.js";

/** Keys that are lost are made again where a proof holds under them; a proof that does not hold goes. */
export function* repairForks(view: FeedView, parts: AuditParts, mended: Findings): Generator<Batch, void, undefined> {
  for (const [key, value] of entriesOf(view.keys, tableRange("fork"))) {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "fork") continue;
    const fork = storedFork(parts, place.id, value, (author) => keysLeft(view, parts.hasher, author).keys);
    const where = `lane ${toHex(place.id)}`;
    if (fork instanceof Malformed) {
      mended.add("fork", where, `a proof that does not hold, removed: ${fork.reason}`);
      yield [[key.slice(), undefined]];
      continue;
    }
    const { author } = fork.proof.place;
    if (keysLeft(view, parts.hasher, author).kind === "held") continue;
    mended.add("author", toHex(author), "its key written anew: it is its id");
    yield [[authorKey(author), encodeAuthorKeys(fork.keys)]];
  }
}
