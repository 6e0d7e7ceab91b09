import { isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { toHex } from "../bytes/hex.js";
import { idBytes, asId, type SubjectId } from "../identity/ids.js";
import { trieRoot, leavesUnder } from "../proof/trie.js";
import { leafHash, type TrieNodes } from "../proof/trie-node.js";
import { tableRange, trieKey, decodeKey } from "../store/keys.js";
import { entriesOf } from "./audit-tables.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import type { AuditParts, Findings } from "./findings.js";
import { frontierRow } from "./frontier-core.js";

// The frontier trie against the lanes: every leaf is the row of a lane as it stands, but for lanes that are marked as
// changed since; every lane has its leaf; the summary is the trie's.

const FIRST_BYTES = 256;

export function* auditFrontier(view: FeedView, parts: AuditParts, findings: Findings): Generator<undefined, void, undefined> {
  const nodes: TrieNodes = { get: (path) => view.keys.get(trieKey(path)), put: readOnly, remove: readOnly };
  for (let first = 0; first < FIRST_BYTES; first++) {
    guarded(findings, () => auditLeaves(view, parts, { findings, nodes, prefix: Uint8Array.of(first) }));
    yield undefined;
  }
  guarded(findings, () => auditSummary(view, parts, { findings, nodes }));
  for (const [key] of entriesOf(view.keys, tableRange("lane"))) {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "lane") continue;
    guarded(findings, () => auditLeafOf(view, parts, { findings, nodes, lane: place.lane }));
    yield undefined;
  }
}

interface Trie {
  readonly findings: Findings;
  readonly nodes: TrieNodes;
}

/** In one go: the trie must not change while it is walked. */
function auditLeaves(view: FeedView, { hasher, network }: AuditParts, { findings, nodes, prefix }: Trie & { readonly prefix: Uint8Array }): void {
  for (const { key, hash } of leavesUnder(hasher, nodes, prefix)) {
    const subject = asId<SubjectId>(key.subarray(idBytes, 2 * idBytes));
    const lanes = [...view.lanes(subject)].map(({ number }) => number);
    const lane = lanes.find((number) => equalBytes(frontierRow({ hasher, network }, view, number).key, key));
    if (lane === undefined) findings.add("frontier", toHex(key), "a row of no lane");
    else if (!view.isChanged(lane) && !equalBytes(leafHash(hasher, key, frontierRow({ hasher, network }, view, lane).row), hash)) {
      findings.add("frontier", `lane ${lane}`, "its row is not as the lane stands, and nothing says that it changed");
    }
  }
}

function auditSummary(view: FeedView, { hasher }: AuditParts, { findings, nodes }: Trie): void {
  const summary = view.frontier();
  const root = trieRoot(hasher, nodes);
  if (summary === undefined) {
    if (root.some((byte) => byte !== 0)) findings.add("frontier", "summary", "a trie without one");
  } else if (!equalBytes(summary.root, root)) findings.add("frontier", "summary", "its root is not the trie's");
}

function auditLeafOf(view: FeedView, { hasher, network }: AuditParts, { findings, nodes, lane }: Trie & { readonly lane: number }): void {
  if (view.isChanged(lane)) return;
  const { key } = frontierRow({ hasher, network }, view, lane);
  for (const _leaf of leavesUnder(hasher, nodes, key)) return;
  findings.add("frontier", `lane ${lane}`, "it has no row, and nothing says that it changed");
}

function guarded(findings: Findings, look: () => void): void {
  try {
    findings.attempt(look);
  } catch (error) {
    // The trie's own reading throws where a node is missing or malformed: its words say which.
    findings.add("frontier", "trie", error instanceof Error ? error.message : String(error));
  }
}

function readOnly(): never {
  throw new DamagedStore("frontier trie", "an audit writes nothing");
}
