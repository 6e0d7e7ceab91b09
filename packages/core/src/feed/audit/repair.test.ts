import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import type { Entry } from "../../protocol/key-space.js";
import { tables } from "../../store/key-layout.js";
import { authorKey, blockKey, changedKey, forkKey, headKey, metaKey, mmrKey, pathKey, tableRange } from "../../store/keys.js";
import type { MemoryKeys } from "../../store/memory-keys.js";
import { applyBatch } from "../../store/memory-store.js";
import { decodeHeadRecord, encodeHeadRecord, type HeadRecord } from "../../store/records.js";
import { BlockBuilder } from "../event/block.js";
import { FeedView } from "../lane/feed-view.js";
import { audited, auditParts, variedStore } from "../rig/audited-store.suite.js";
import { pathOf, Rig, SpoilingKeys } from "../rig/feed-rig.suite.js";
import { branchesOf, forkBetween, freeze, meet } from "../rig/forked-stores.suite.js";
import { offerFrom } from "../rig/offered-lane.suite.js";
import { plainEvent } from "../rig/sample-events.suite.js";
import { encodeForkProof } from "../seal/fork-proof.js";
import { type RepairResult, repairStore } from "./repair.js";

// Damage that can be told for certain is mended, and the audit is clean again; any other is left as it is.

const ALL = { from: new Uint8Array(0), to: new Uint8Array(300).fill(0xff) };
const whole = variedStore();
const before = whole.keys.snapshot();
const entries: readonly Entry[] = [...whole.keys.range(ALL)];
const inTable = (table: keyof typeof tables) => entries.filter(([key]) => key[0] === tables[table]);

function repaired(keys: MemoryKeys): RepairResult {
  const steps = repairStore(new FeedView(new SpoilingKeys(keys)), auditParts);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    applyBatch(keys, step.value);
  }
}

function damaged(hurt: (keys: MemoryKeys) => void): MemoryKeys {
  whole.keys.restore(before);
  hurt(whole.keys);
  return whole.keys;
}

/** As a peer does that opens the store. */
function settled(keys: MemoryKeys): MemoryKeys {
  new Rig({ keys, author: 1, instance: 2 }).settle();
  return keys;
}

const eventsOf = (keys: MemoryKeys) => [...keys.range(tableRange("block"))].map(([, value]) => value);

test("a sound store is left byte for byte as it is", () => {
  const keys = damaged(() => undefined);

  expect(repaired(keys).mended).toEqual([]);
  expect([...keys.range(ALL)]).toEqual(entries);
});

const frozenHead = inTable("head").find(([, value]) => (decodeHeadRecord(value) as HeadRecord).freezeAt > 0) as Entry;

test("a head that has forgotten that its lane is frozen is told by the proof", () => {
  const keys = damaged((store) =>
    store.put(frozenHead[0], encodeHeadRecord({ ...(decodeHeadRecord(frozenHead[1]) as HeadRecord), freezeAt: 0 })),
  );
  expect(audited(keys).problems).toMatchObject([{ what: "fork" }, { what: "frontier" }]);
  repaired(keys);
  expect(keys.get(frozenHead[0])).toEqual(frozenHead[1]);
  expect(audited(settled(keys)).problems).toEqual([]);
});

test("a proof of a fork that does not hold goes; its lane stays frozen, and the audit says that nothing shows why", () => {
  for (const [key, value] of inTable("fork")) {
    const keys = damaged((store) =>
      store.put(
        key,
        value.map((byte, at) => (at === 200 ? byte ^ 1 : byte)),
      ),
    );
    expect(repaired(keys).mended).toMatchObject([{ what: "fork" }]);
    expect(keys.get(key)).toBeUndefined();
    expect(keys.get(frozenHead[0])).toEqual(frozenHead[1]);
    for (const { what } of audited(keys).problems) expect(what).toBe("fork");
    keys.put(key, value);
    expect(audited(keys).problems).toEqual([]);
  }
});

test("a proof of a fork stays where its author's keys are lost and cannot be made again, and the audit says that it cannot be checked", () => {
  const [one, two] = branchesOf({ author: 6, signatures: "hybrid" }, 9, { from: 5, more: 3 }) as [Rig, Rig];
  const rig = new Rig({ author: 2, instance: 2 });
  meet(rig, offerFrom(one, "s"));
  const fork = forkBetween(one, two, 6);
  freeze(rig, fork);
  rig.settle();
  const authors = rig.keys.get(authorKey(one.author)) as Uint8Array;
  const spoilt = encodeForkProof(fork.proof).map((byte, at) => (at === 200 ? byte ^ 1 : byte));
  for (const keys of [undefined, authors.with(authors.length - 1, (authors.at(-1) as number) ^ 1)]) {
    if (keys === undefined) rig.keys.remove(authorKey(one.author));
    else rig.keys.put(authorKey(one.author), keys);
    expect(repaired(rig.keys).mended).toEqual([]);
    expect(rig.keys.get(forkKey(fork.lane))).toEqual(encodeForkProof(fork.proof));
  }
  rig.keys.remove(authorKey(one.author));
  const told = audited(rig.keys)
    .problems.filter(({ what }) => what === "fork")
    .map(({ detail }) => detail);
  expect(told).toEqual(["its author's keys are missing: it can be neither checked nor shown"]);
  // With the keys there, what does not hold under them goes, and what does is as good as ever.
  rig.keys.put(authorKey(one.author), authors);
  expect([audited(rig.keys).problems, repaired(rig.keys).mended]).toEqual([[], []]);
  rig.keys.put(forkKey(fork.lane), spoilt);
  expect(repaired(rig.keys).mended).toMatchObject([{ what: "fork" }]);
});

test.each(["subject", "path", "laneNumber", "lane", "author", "mmr", "trie"] as const)(
  "any single record lost from table %s comes back, and no event changes",
  (table) => {
    for (const [key, value] of inTable(table)) {
      // Of a hybrid author's keys its id is but the hash.
      if (table === "author" && value[0] === 2) continue;
      const keys = damaged((store) => store.remove(key));
      repaired(keys);
      settled(keys);
      expect({ key, ...audited(keys) }).toMatchObject({ key, ok: true, problems: [] });
      expect(eventsOf(keys)).toEqual(inTable("block").map(([, value]) => value));
    }
  },
);

test("peaks and stamp of a head that lost a bit are written anew from the events its seal covers", () => {
  const keys = damaged((store) => {
    const bytes = (store.get(headKey(0)) as Uint8Array).slice();
    // The first peak follows the fields of fixed length.
    bytes[2 + 8 + 32 + 8 + 8 + 8 + 8 + 1] = (bytes[2 + 8 + 32 + 8 + 8 + 8 + 8 + 1] as number) ^ 1;
    store.put(headKey(0), bytes);
  });
  expect(audited(keys).ok).toBe(false);

  expect(repaired(keys).mended).toMatchObject([{ what: "head", where: "lane 0" }]);
  expect(audited(keys).problems).toEqual([]);
});

test("events beyond the head, which no seal covers, are cut off, in the last block and behind it", () => {
  const view = new FeedView(damaged(() => undefined));
  const lane = [0, 1, 2, 3].find((number) => (view.head(number)?.size ?? 0) > 0) as number;
  const head = view.head(lane) as NonNullable<ReturnType<FeedView["head"]>>;
  const tail = view.block(lane, head.lastBlockSeq);
  const longer = BlockBuilder.resume(tail as NonNullable<typeof tail>);
  longer.add({ ...plainEvent(1), stamp: { wallMs: head.stamp.wallMs + 1, counter: 0 } });
  const behind = new BlockBuilder(head.size + 2, new Uint8Array(32).fill(7));
  behind.add({ ...plainEvent(2), stamp: { wallMs: head.stamp.wallMs + 2, counter: 0 } });
  const keys = damaged((store) => {
    store.put(blockKey(lane, head.lastBlockSeq), longer.finish());
    store.put(blockKey(lane, head.size + 2), behind.finish());
  });
  expect(audited(keys).ok).toBe(false);

  expect(repaired(keys).mended.map(({ what }) => what)).toEqual(["block", "block"]);
  expect(audited(keys).problems).toEqual([]);
  expect([...keys.range(ALL)]).toEqual(entries);
});

test("an event that lost a bit is never cut away: all stays as it is, and the audit goes on telling of it", () => {
  for (const [key, value] of inTable("block")) {
    const keys = damaged((store) =>
      store.put(
        key,
        Uint8Array.from(value, (byte, at) => (at === value.length - 1 ? byte ^ 1 : byte)),
      ),
    );
    const asFound = [...keys.range(ALL)];
    expect(repaired(keys).mended).toEqual([]);
    expect([...keys.range(ALL)]).toEqual(asFound);
    expect(audited(keys).ok).toBe(false);
  }
});

test("marks of no lane, nodes of groups that are not complete and a clock behind its stamps are put right", () => {
  const keys = damaged((store) => {
    store.put(changedKey(4_000), new Uint8Array(0));
    store.put(mmrKey(0, 4_000), new Uint8Array(32));
    store.remove(metaKey("clock"));
  });
  expect(audited(keys).ok).toBe(false);

  expect(new Set(repaired(keys).mended.map(({ what }) => what))).toEqual(new Set(["changed", "proof", "clock"]));
  expect(audited(keys).problems).toEqual([]);
});

test("a path that became another's by a flipped bit goes, and the right one comes back", () => {
  const keys = damaged((store) => {
    const id = store.get(pathKey(pathOf("w/a"))) as Uint8Array;
    store.remove(pathKey(pathOf("w/a")));
    store.put(pathKey(pathOf("w/c")), id);
  });
  repaired(keys);

  expect(audited(settled(keys)).problems).toEqual([]);
  expect(keys.get(pathKey(pathOf("w/c")))).toBeUndefined();
});

test("property: a bit flipped anywhere never makes a repair change or drop an event, and a second repair finds nothing to do", () => {
  fc.assert(
    fc.property(fc.nat({ max: entries.length - 1 }), fc.nat(), fc.integer({ min: 0, max: 7 }), (which, at, bit) => {
      const [key, value] = entries[which] as Entry;
      if (value.length === 0) return;
      const hurt = Uint8Array.from(value, (byte, index) => (index === at % value.length ? byte ^ (1 << bit) : byte));
      const keys = damaged((store) => store.put(key, hurt));
      const blocks = [...keys.range(tableRange("block"))];
      repaired(keys);
      const after = [...keys.range(tableRange("block"))];
      expect(after.length).toBe(blocks.length);
      after.forEach(([afterKey, afterValue], index) => {
        const [blockBefore, valueBefore] = blocks[index] as Entry;
        expect(compareBytes(afterKey, blockBefore)).toBe(0);
        expect(equalBytes(afterValue, valueBefore)).toBe(true);
      });
      const once = [...keys.range(ALL)];
      repaired(keys);
      expect([...keys.range(ALL)]).toEqual(once);
    }),
    { numRuns: 120 },
  );
});
