import { toHex } from "../../bytes/hex.js";
import { auditCountsMax, frontierKeyBytes } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { leavesUnder, trieRoot } from "../../proof/trie.js";
import { checkRecord } from "../../proof/trie-check.js";
import { DamagedTrie, leafHash, type TrieNodes } from "../../proof/trie-node.js";
import { decodeKey, metaKey, tableRange, trieKey } from "../../store/keys.js";
import type { FeedView } from "../lane/feed-view.js";
import { frontierRow } from "../write/frontier-core.js";
import { entriesOf } from "./audit-tables.js";
import { type AuditParts, Findings } from "./findings.js";

// The frontier trie against the lanes. Rows may be taken in while it is looked at: each record, and each lane, is held
// against the rest in one go, and between two of those anything may happen. Only what shows by counting needs a trie that
// stands still: where it does not, it is counted again, and in the end not at all.

export function* auditFrontier(view: FeedView, parts: AuditParts, findings: Findings): Generator<undefined, void, undefined> {
  for (let count = 0; count < auditCountsMax; count++) {
    const before = summaryBytes(view);
    // What is wrong with a record is told once, however often is counted.
    const walk = new FrontierWalk(view, parts, count === 0 ? findings : new Findings());
    yield* walk.records();
    yield* walk.lanes();
    if (!equalBytes(before, summaryBytes(view))) continue;
    walk.compareCounts();
    if (count > 0) findings.take(walk.findings);
    return;
  }
}

const NONE = new Uint8Array(0);

function summaryBytes(view: FeedView): Uint8Array {
  return view.keys.get(metaKey("frontier")) ?? NONE;
}

class FrontierWalk {
  readonly findings: Findings;
  readonly #view: FeedView;
  readonly #parts: AuditParts;
  readonly #nodes: TrieNodes;
  /** In the trie, and of those, the ones that are lanes' that are there. */
  #leaves = 0;
  #found = 0;
  #state: "sound" | "damaged" = "sound";

  constructor(view: FeedView, parts: AuditParts, findings: Findings) {
    this.findings = findings;
    this.#view = view;
    this.#parts = parts;
    this.#nodes = { keyBytes: frontierKeyBytes, get: (path) => view.keys.get(trieKey(path)), put: writesNothing, remove: writesNothing };
  }

  *records(): Generator<undefined, void, undefined> {
    const { hasher } = this.#parts;
    this.#root();
    yield undefined;
    for (const [key] of entriesOf(this.#view.keys, tableRange("trie"))) {
      const path = key.subarray(1);
      const check = checkRecord(hasher, this.#nodes, path);
      for (const fault of check?.faults ?? []) this.#damaged(`trie ${toHex(path)}`, fault);
      this.#leaves += check?.leaves ?? 0;
      yield undefined;
    }
  }

  *lanes(): Generator<undefined, void, undefined> {
    for (const [key] of entriesOf(this.#view.keys, tableRange("lane"))) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== "lane") continue;
      this.#reading(() => this.findings.attempt(() => this.#leaf(place.lane)));
      yield undefined;
    }
  }

  compareCounts(): void {
    // Where a record is damaged no count is right, and the record has been told of.
    if (this.#state === "damaged") return;
    const rows = this.findings.attempt(() => this.#view.frontier()?.rows ?? 0);
    if (rows !== undefined && rows !== this.#leaves) this.#damaged("summary", `it says ${rows} rows; the trie has ${this.#leaves}`);
    if (this.#found !== this.#leaves) this.#damaged("trie", `${this.#leaves} rows, of which ${this.#found} are of lanes that are there`);
  }

  #root(): void {
    const { hasher } = this.#parts;
    const summary = this.findings.attempt(() => this.#view.frontier());
    this.#reading(() => {
      const root = trieRoot(hasher, this.#nodes);
      const claimed = summary?.root ?? new Uint8Array(root.length);
      if (!equalBytes(claimed, root)) this.#damaged("summary", "its root is not the trie's");
    });
  }

  /** A lane that changed may have an older row, or none yet; any other has its own. */
  #leaf(lane: number): void {
    const { hasher } = this.#parts;
    const isChanged = this.#view.isChanged(lane);
    const { key, row } = frontierRow(this.#parts, this.#view, lane);
    const [leaf] = leavesUnder(hasher, this.#nodes, key);
    if (leaf !== undefined) this.#found++;
    if (isChanged) return;
    if (row === undefined) {
      if (leaf !== undefined) this.findings.add("frontier", `lane ${lane}`, "it has a row, and nothing of it counts");
    } else if (leaf === undefined) this.findings.add("frontier", `lane ${lane}`, "it has no row, and nothing says that it changed");
    else if (!equalBytes(leaf.hash, leafHash(hasher, key, row))) {
      this.findings.add("frontier", `lane ${lane}`, "its row is not as the lane stands, and nothing says that it changed");
    }
  }

  #reading(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof DamagedTrie)) throw error;
      // Many lanes lie behind one damaged record: it is told of once.
      if (this.#state === "sound") this.#damaged("trie", error.message);
    }
  }

  #damaged(where: string, detail: string): void {
    this.#state = "damaged";
    this.findings.add("frontier", where, detail);
  }
}

function writesNothing(): never {
  throw new Error("an audit writes nothing");
}
