import { isMalformed, type Receipt } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  eventFromWire,
  isWireReceipt,
  newEventFromWire,
  parseClientLine,
  parseServerLine,
  receiptFromWire,
  wireEvent,
  wireNewEvent,
  wireReceipt,
} from "./messages.js";
import { isWhole, list, optional, pair, shape } from "./shape.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => bytes(JSON.stringify(value));

test("any bytes are a line or malformed, never a throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes)), (line) => {
      for (const parse of [parseClientLine, parseServerLine]) {
        const said = parse(line);
        expect(isMalformed(said) || typeof said.say === "string").toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a line with one member of the wrong type is malformed", () => {
  const call = { say: "call", id: 1, call: "append", subject: "s", events: [{ payload: "", kind: 130, codec: "raw", key: "" }] };
  expect(isMalformed(parseClientLine(json(call)))).toBe(false);
  const wrong = [
    { id: -1 },
    { id: 1.5 },
    { id: "1" },
    { subject: 1 },
    { events: {} },
    { events: [{}] },
    { call: "close" },
    { say: "constructor" },
  ];
  for (const change of wrong) expect(isMalformed(parseClientLine(json({ ...call, ...change })))).toBe(true);
  const read = { say: "call", id: 1, call: "events", subject: "s", from: [1, 2], follow: true };
  expect(isMalformed(parseClientLine(json(read)))).toBe(false);
  for (const change of [{ from: [1] }, { from: [1, -2] }, { follow: 1 }])
    expect(isMalformed(parseClientLine(json({ ...read, ...change })))).toBe(true);
  for (const there of [
    { say: "call", id: 1, call: "export", subject: "s", dir: "/b" },
    { say: "call", id: 1, call: "import", from: "/b" },
  ]) {
    expect(isMalformed(parseClientLine(json(there)))).toBe(false);
    const change = there.call === "export" ? { dir: "b" } : { from: "b" };
    expect(isMalformed(parseClientLine(json({ ...there, ...change })))).toBe(true);
  }
  const backup = { say: "call", id: 1, call: "backup", dir: "/b", keys: "include" };
  expect(isMalformed(parseClientLine(json(backup)))).toBe(false);
  for (const change of [{ dir: "b" }, { dir: 1 }, { keys: undefined }, { keys: true }])
    expect(isMalformed(parseClientLine(json({ ...backup, ...change })))).toBe(true);
  const forked = { say: "withdrawn", id: 1, what: { author: "aa", epoch: 0, nonce: "07", from: 2, to: 3 } };
  expect(isMalformed(parseServerLine(json(forked)))).toBe(false);
  expect(isMalformed(parseServerLine(json({ ...forked, what: { ...forked.what, to: "3" } })))).toBe(true);
  for (const call of [{ call: "forks" }, { call: "forks", subject: "s" }, { call: "accuse", proof: "sinter-fork:AQ" }])
    expect(isMalformed(parseClientLine(json({ say: "call", id: 1, ...call })))).toBe(false);
  for (const call of [{ call: "forks", subject: 1 }, { call: "accuse" }])
    expect(isMalformed(parseClientLine(json({ say: "call", id: 1, ...call })))).toBe(true);
  const prove = { say: "call", id: 1, call: "prove", subject: "s", author: "aa", seq: 1, epoch: 0, nonce: "07", payload: "hash" };
  expect(isMalformed(parseClientLine(json(prove)))).toBe(false);
  for (const change of [{ author: 1 }, { seq: undefined }, { seq: -1 }, { epoch: 0.5 }, { nonce: 7 }, { payload: "whole" }])
    expect(isMalformed(parseClientLine(json({ ...prove, ...change })))).toBe(true);
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const payload = fc.uint8Array({ maxLength: 40 });

test("events come over the wire as they were", () => {
  const anyEvent = fc.record({ payload, kind: maybe(fc.integer({ min: 128, max: 255 })), key: maybe(payload) });
  fc.assert(
    fc.property(anyEvent, ({ payload: sent, kind, key }) => {
      const event = { payload: sent, ...(kind !== undefined && { kind }), ...(key && { key }) };
      const wire = JSON.parse(JSON.stringify(wireNewEvent(event)));
      const got = newEventFromWire(wire);
      expect(
        isMalformed(got) ? got : { ...got, payload: Uint8Array.from(got.payload), ...(got.key && { key: Uint8Array.from(got.key) }) },
      ).toEqual(event);
      const record = {
        ...event,
        author: "a",
        epoch: 0,
        nonce: "b",
        seq: 1,
        id: "i",
        stamp: [1, 2] as const,
        kind: kind ?? 128,
        codec: "raw" as const,
      };
      const read = eventFromWire(JSON.parse(JSON.stringify(wireEvent(record))));
      expect(isMalformed(read) ? read : [...(read.payload ?? [])]).toEqual([...sent]);
    }),
  );
});

test("a receipt comes over the wire with its seqs, gaps and all, and its ids", () => {
  const anySeqs = fc
    .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 })
    .map((seqs) => seqs.sort((a, b) => a - b));
  fc.assert(
    fc.property(anySeqs, (seqs) => {
      const idOf = (index: number) => (seqs[index] as number).toString(16).padStart(64, "0");
      const receipt: Receipt = { author: "a", epoch: 3, count: seqs.length, seq: (index) => seqs[index] as number, id: idOf };
      const wire: unknown = JSON.parse(JSON.stringify(wireReceipt(receipt)));
      if (!isWireReceipt(wire)) throw new Error("no receipt");
      const got = receiptFromWire(wire);
      if (isMalformed(got)) throw new Error(got.reason);
      expect(seqs.map((_, index) => got.seq(index))).toEqual(seqs);
      expect(seqs.map((_, index) => got.id(index))).toEqual(seqs.map((_, index) => idOf(index)));
    }),
  );
});

test("a receipt whose parts contradict each other is malformed, and costs nothing", () => {
  const ids = Buffer.alloc(64).toString("base64");
  const receipt = { author: "a", epoch: 0, count: 2, runs: [[1, 2]] as const, ids };
  expect(isMalformed(receiptFromWire(receipt))).toBe(false);
  for (const wrong of [{ runs: [[1, 1]] }, { runs: [[1, 2 ** 50]] }, { count: 3 }, { ids: "*" }] as const) {
    expect(isMalformed(receiptFromWire({ ...receipt, ...wrong } as typeof receipt))).toBe(true);
  }
});

test("shapes look at each member and let others be", () => {
  const guard = shape<{ a: number; b?: readonly number[] }>({ a: isWhole, b: optional(list(isWhole, 2)) });
  for (const right of [{ a: 1 }, { a: 1, b: [] }, { a: 1, b: [1, 2], c: "more" }]) expect(guard(right)).toBe(true);
  for (const wrong of [null, [], 1, {}, { a: -1 }, { a: 1, b: [1, 2, 3] }, { a: 1, b: ["1"] }, { a: 1, b: null }])
    expect(guard(wrong)).toBe(false);
  expect([pair([1, 2]), pair([1]), pair([1, 0.5])]).toEqual([true, false, false]);
});
