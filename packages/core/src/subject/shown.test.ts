import { expect, test } from "vitest";
import { hasher, network, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { subjectId } from "../identity/ids.js";
import { text } from "../merge/element-codec.js";
import { register } from "../merge/lww-register.js";
import { encodeOperations } from "../merge/transaction.js";
import { Shown } from "./shown.js";
import { stateAt } from "./state-at.js";
import { ViewFold } from "./view-fold.js";
import { ViewStore } from "./view-store.js";

const subject = subjectId(hasher, network, pathOf("s"));
const type = register(text);
const encoder = new TextEncoder();

function foldOf(rig: Rig): ViewFold {
  const store = new ViewStore(rig.keys, hasher, 0);
  return new ViewFold({
    view: rig.view,
    hasher,
    subject,
    type,
    assurance: "classical",
    store,
    kept: "whole",
    wallMs: () => Number.MAX_SAFE_INTEGER,
  });
}

function write(rig: Rig, value: string): void {
  const { kind, payload } = encodeOperations(type, [encoder.encode(value)]);
  rig.append("s", { kind, codec: 0, payload });
}

function goOn(fold: ViewFold): void {
  fold.look();
  while (fold.fold(100) === "more");
}

test("what is pending stands above what is folded, in the order in which it was written, until it is folded itself", () => {
  const rig = new Rig();
  const fold = foldOf(rig);
  const shown = new Shown(type, fold, "01".repeat(32));
  const value = () => type.value(shown.items() as never);
  write(rig, "folded");
  goOn(fold);
  const [first, second] = ["first", "second"].map((each) => ({
    operations: [encoder.encode(each)],
    placed: undefined as { lane: number; seq: number } | undefined,
  }));
  if (first === undefined || second === undefined) throw new Error("there are two");
  shown.add(first);
  expect(value()).toBe("first");
  shown.add(second);
  expect(value()).toBe("second");
  shown.drop(second);
  expect(value()).toBe("first");
  write(rig, "first");
  first.placed = { lane: rig.laneNumber("s"), seq: 2 };
  shown.refold(fold);
  expect([shown.pending, value()]).toEqual([1, "first"]);
  goOn(fold);
  shown.refold(fold);
  expect([shown.pending, value()]).toEqual([0, "first"]);
});

test("an operation that its type throws at is not pending, and stands in nobody's way", () => {
  const rig = new Rig();
  const fold = foldOf(rig);
  const odd: typeof type = {
    ...type,
    apply(item, operation, at) {
      if (operation.length === 0) throw new RangeError("not that one");
      type.apply(item, operation, at);
    },
  };
  const shown = new Shown(odd as never, fold, "01".repeat(32));
  const pending = (value: string) => ({ operations: [encoder.encode(value)], placed: undefined });
  shown.add(pending("first"));
  expect(() => shown.add({ operations: [encoder.encode("lost"), encoder.encode("")], placed: undefined })).toThrow("not that one");
  expect([shown.pending, type.value(shown.items() as never)]).toEqual([1, "first"]);
  shown.add(pending("second"));
  expect(type.value(shown.items() as never)).toBe("second");
});

test("the state at a stamp is made of the events up to it alone", () => {
  const rig = new Rig();
  for (const value of ["one", "two", "three"]) {
    rig.wallMs += 1_000;
    write(rig, value);
  }
  const at = (wallMs: number) => {
    const steps = stateAt({ view: rig.view, hasher, subject, type, assurance: "classical" }, { wallMs, counter: 0xffff });
    for (;;) {
      const { done, value } = steps.next();
      if (done) return type.value(value as never);
    }
  };
  expect([0, 1_000, 2_000].map((before) => at(rig.wallMs - before))).toEqual(["three", "two", "one"]);
  expect(at(rig.wallMs - 3_000)).toBeUndefined();
});
