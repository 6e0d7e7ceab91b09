import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../bytes/hex.js";
import { frontierKeyBytes, tableKeyBytes } from "../bytes/limits.js";
import { hashBytes } from "../identity/crypto.js";
import { rememberingHasher } from "./remembering-hasher.suite.js";
import { trieRoot } from "./trie.js";
import { branchPath } from "./trie-digits.js";
import { emptyRoot } from "./trie-node.js";
import { MemoryNodes, naiveTrie } from "./trie-oracle.suite.js";
import { type RowChange, updateTrie } from "./trie-update.js";

const hasher = rememberingHasher();

type TextChange = readonly [key: string, row: string | undefined];

function changeOf([key, row]: TextChange): RowChange {
  // A Buffer, as Node's stores and sockets hand out: its `slice` is a view, so writing to one would change the caller's key.
  return { key: Buffer.from(key, "hex"), row: row === undefined ? undefined : (fromHex(row, hashBytes) as Uint8Array) };
}

function branchName(digits: string): string {
  return toHex(branchPath(fromHex(digits.padEnd(192, "0"), 96) as Uint8Array, digits.length));
}

/** The trie, beside the rows it should be of. */
class Checked {
  readonly nodes: MemoryNodes;
  readonly rows = new Map<string, string>();

  constructor(keyBytes = frontierKeyBytes) {
    this.nodes = new MemoryNodes(keyBytes);
  }

  update(changes: readonly TextChange[]): void {
    const before = this.rows.size;
    const handedIn = changes.map(changeOf);
    const { root, growth } = updateTrie(hasher, this.nodes, handedIn);
    expect(handedIn.map(({ key }) => toHex(key)).join()).toBe(changes.map(([key]) => key).join());
    for (const [key, row] of changes) row === undefined ? this.rows.delete(key) : this.rows.set(key, row);
    const naive = naiveTrie(hasher, this.rows);
    expect(toHex(root)).toBe(naive.root);
    expect(toHex(trieRoot(hasher, this.nodes))).toBe(naive.root);
    expect(growth).toBe(this.rows.size - before);
    const names = new Set(naive.branches.map(branchName));
    if (this.rows.size > 0) names.add("80");
    expect([...this.nodes.kept.keys()].sort()).toEqual([...names].sort());
  }
}

// Few digits, mostly at the ends of the three parts, so that keys share long beginnings and part at every kind of depth.
const anyKey = fc
  .tuple(
    fc.constantFrom("", "1", "80", "08"),
    fc.constantFrom("", "a", "08", "8"),
    fc.constantFrom("", "0", "7f", "808"),
    fc.integer({ min: 0, max: 40 }),
  )
  .map(
    ([space, subject, lane, last]) =>
      space.padEnd(64, "0") + subject.padStart(64, "0") + lane.padEnd(62, "8") + last.toString(16).padStart(2, "0"),
  );
const anyRow = fc.integer({ min: 1, max: 3 }).map((value) => value.toString(16).padStart(64, "0"));
/** The last bytes of keys: of fewer, whole parts are gone. */
const changesOf = (keyBytes: number) =>
  fc.uniqueArray(
    fc.tuple(
      anyKey.map((key) => key.slice(-2 * keyBytes)),
      fc.option(anyRow, { nil: undefined, freq: 2 }),
    ),
    {
      selector: ([key]) => key,
      maxLength: 20,
    },
  );
const anyChanges = changesOf(frontierKeyBytes);

test.each([frontierKeyBytes, tableKeyBytes, 1])(
  "after any history the trie is that of the definition, with no record too many: keys of %i bytes",
  (keyBytes) => {
    fc.assert(
      fc.property(fc.array(changesOf(keyBytes), { maxLength: 8 }), (history) => {
        const trie = new Checked(keyBytes);
        for (const changes of history) trie.update(changes);
        trie.update([...trie.rows.keys()].map((key) => [key, undefined]));
        expect(trie.nodes.kept.size).toBe(0);
      }),
      { numRuns: 150 },
    );
  },
);

test("CORE-DET-02 equal sets have equal roots and records whatever the order and batching; another set has another root", () => {
  fc.assert(
    fc.property(anyChanges, anyChanges, fc.nat(), fc.nat(), (wanted, passing, seed, which) => {
      const rows = wanted.filter(([, row]) => row !== undefined);
      const once = new MemoryNodes();
      const { root } = updateTrie(hasher, once, rows.map(changeOf));
      const gone = passing.filter(([key]) => !rows.some(([kept]) => kept === key));
      const other = new MemoryNodes();
      updateTrie(hasher, other, gone.map(changeOf));
      const mixed = [...rows].sort(
        ([left], [right]) => Math.imul(seed | 1, left.charCodeAt(191)) - Math.imul(seed | 1, right.charCodeAt(191)),
      );
      for (const row of mixed) updateTrie(hasher, other, [changeOf(row)]);
      updateTrie(
        hasher,
        other,
        gone.toReversed().map(([key]) => changeOf([key, undefined])),
      );
      expect(toHex(trieRoot(hasher, other))).toBe(toHex(root));
      expect([...other.kept].map(([path, node]) => path + toHex(node)).sort()).toEqual(
        [...once.kept].map(([path, node]) => path + toHex(node)).sort(),
      );
      if (rows.length === 0) return;
      const [key, row] = rows[which % rows.length] as [string, string];
      expect(toHex(updateTrie(hasher, once, [changeOf([key, `f${row.slice(1)}`])]).root)).not.toBe(toHex(root));
      expect(toHex(updateTrie(hasher, once, [changeOf([key, undefined])]).root)).not.toBe(toHex(root));
      expect(toHex(updateTrie(hasher, once, [changeOf([key, row])]).root)).toBe(toHex(root));
    }),
    { numRuns: 100 },
  );
});

function hashText(...numbers: readonly number[]): string {
  return toHex(
    hasher.hash("sinter 1 feed", new Uint8Array(numbers.flatMap((number) => [number >> 16, (number >> 8) & 255, number & 255]))),
  );
}

/** A key as they come: a few spaces, some subjects in each, lanes. */
function realKey(number: number): string {
  const subject = number % 90;
  return hashText(1, subject % 4) + hashText(2, subject) + hashText(3, number);
}

test("CORE-MT-01 5000 rows come and go at random and the root stays that of the set", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat({ max: 4_999 })), (numbers) => {
      const trie = new Checked();
      const all = Array.from({ length: 5_000 }, (_, number): TextChange => [realKey(number), hashText(4, number)]);
      trie.update(all.slice(0, 2_500));
      trie.update(all.slice(2_500));
      for (const size of [1, 2, 30, 512, 1]) {
        const picked = new Set([...numbers.take(size)]);
        const changes = [...picked].map((number): TextChange => [all[number][0], number % 3 === 0 ? hashText(5, number, size) : undefined]);
        trie.update(changes);
      }
      trie.update(all.slice(3).map(([key]) => [key, undefined]));
    }),
    { numRuns: 1 },
  );
}, 60_000);

test("PERF-MT-01 T25 one row among many touches a branch a level, a batch each branch once, and nothing is written for nothing", () => {
  const nodes = new MemoryNodes();
  const all = Array.from({ length: 4_096 }, (_, number) =>
    changeOf([hashText(1) + hashText(2) + hashText(3, number), hashText(4, number)]),
  );
  updateTrie(hasher, nodes, all);
  expect(new Set(nodes.puts).size).toBe(nodes.puts.length);

  nodes.forgetCalls();
  updateTrie(hasher, nodes, [{ key: all[77].key, row: all[78].row }]);
  expect(new Set(nodes.puts).size).toBe(nodes.puts.length);
  expect(nodes.puts.length).toBeLessThanOrEqual(5);

  nodes.forgetCalls();
  updateTrie(
    hasher,
    nodes,
    all.slice(0, 512).map(({ key }, at) => ({ key, row: all[at + 1].row })),
  );
  expect(new Set(nodes.puts).size).toBe(nodes.puts.length);
  const reads = nodes.gets.filter((path) => path !== "80");
  expect(new Set(reads).size).toBe(reads.length);

  nodes.forgetCalls();
  const { root, growth } = updateTrie(hasher, nodes, all.slice(600, 700));
  expect(growth).toBe(0);
  updateTrie(hasher, nodes, [{ key: new Uint8Array(96), row: undefined }]);
  expect(toHex(trieRoot(hasher, nodes))).toBe(toHex(root));
  expect([...nodes.puts, ...nodes.removes]).toEqual([]);
});

test("no rows have the root of zeros, one row that of its leaf", () => {
  const nodes = new MemoryNodes();
  expect(toHex(trieRoot(hasher, nodes))).toBe(toHex(emptyRoot));
  expect(updateTrie(hasher, nodes, [])).toEqual({ root: new Uint8Array(hashBytes), growth: 0 });
  const change = changeOf([realKey(1), hashText(9)]);
  const { root } = updateTrie(hasher, nodes, [change]);
  expect(toHex(root)).toBe(toHex(hasher.hash("sinter 1 trie leaf", fromHex(realKey(1) + hashText(9), 128) as Uint8Array)));
  nodes.forgetCalls();
  updateTrie(hasher, nodes, [change]);
  expect(nodes.puts).toEqual([]);
});

test("changes that break an invariant throw, and so does a damaged trie", () => {
  const nodes = new MemoryNodes();
  const change = changeOf([realKey(1), hashText(1)]);
  expect(() => updateTrie(hasher, nodes, [change, change])).toThrow(RangeError);
  expect(() => updateTrie(hasher, nodes, [{ key: change.key.subarray(1), row: change.row }])).toThrow(RangeError);
  expect(() => updateTrie(hasher, nodes, [{ key: change.key, row: new Uint8Array(31) }])).toThrow(RangeError);
  updateTrie(
    hasher,
    nodes,
    Array.from({ length: 200 }, (_, number) => changeOf([realKey(number), hashText(number)])),
  );
  const deep = [...nodes.kept.keys()].filter((path) => path !== "80");
  for (const path of deep) nodes.kept.delete(path);
  const everything = Array.from({ length: 200 }, (_, number) => changeOf([realKey(number), hashText(1)]));
  expect(() => updateTrie(hasher, nodes, everything)).toThrow("Make it again");
  nodes.kept.set("80", new Uint8Array([0, 0]));
  expect(() => trieRoot(hasher, nodes)).toThrow("Make it again");
});
