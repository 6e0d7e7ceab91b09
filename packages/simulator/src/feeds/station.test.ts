import {
  blockKey,
  decodeHeadRecord,
  encodeHeadRecord,
  type HeadRecord,
  headKey,
  isMalformed,
  MemoryKeys,
  networkId,
  toHex,
} from "@sinter/core";
import { expect, test } from "vitest";
import { Bench } from "./power-cuts.js";
import { auditOf } from "./station.js";
import { hasher } from "./web-assembly.suite.js";

/** Lane 0 fills several blocks, lane 1 one. */
function written(): Bench {
  const bench = new Bench(hasher, 7);
  bench.ask(bench.append("one/a", 30, 2_000), bench.append("one/b", 3, 40));
  bench.ask({ kind: "settle" });
  return bench;
}

/** What an audit says of the store with one value changed. */
function findingsAfter(bench: Bench, key: Uint8Array, change: (value: Uint8Array) => Uint8Array): string[] {
  const keys = new MemoryKeys();
  for (const [at, value] of bench.peer.store.keys.range({ from: Uint8Array.of(0), to: Uint8Array.of(0xff) })) {
    keys.put(at.slice(), toHex(at) === toHex(key) ? change(value.slice()) : value.slice());
  }
  return auditOf(keys, bench.station.crypto, networkId(hasher, "power-cuts")).map(({ what, detail }) => `${what}: ${detail}`);
}

function headWith(value: Uint8Array, change: (head: HeadRecord) => HeadRecord): Uint8Array {
  const head = decodeHeadRecord(value);
  if (isMalformed(head)) throw new Error(head.reason);
  return encodeHeadRecord(change(head));
}

test("a sound store has no findings", () => {
  expect(findingsAfter(written(), headKey(0), (value) => value)).toEqual([]);
});

test("a block that names another event before it breaks the chain there", () => {
  const bench = written();
  const second = [...bench.peer.store.keys.range({ from: blockKey(0, 2), to: blockKey(1, 0), limit: 1 })][0]?.[0].slice() as Uint8Array;
  const findings = findingsAfter(bench, second, (value) => {
    (value[20] as number) ^= 1;
    return value;
  });
  expect(findings[0]).toMatch(/^chain: the events from seq \d+ to \d+ are not those that the block from seq \d+ follows/);
});

test("a block that is another's, by what it says of its place", () => {
  const findings = findingsAfter(written(), blockKey(1, 1), (value) => {
    (value[15] as number) = 2;
    value.fill(7, 16, 48);
    return value;
  });
  expect(findings[0]).toBe("block: the block stored from seq 1 says it begins at 2");
});

test("a signature that is not the author's is found, with all else in order", () => {
  const findings = findingsAfter(written(), headKey(1), (value) =>
    headWith(value, (head) => {
      const signature = head.seal.signature.slice();
      (signature[9] as number) ^= 16;
      return { ...head, seal: { ...head.seal, signature } };
    }),
  );
  expect(findings).toEqual(["seal: a seal that its author did not sign"]);
});
