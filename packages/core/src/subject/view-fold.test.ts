import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { CausalDecoder } from "../feed/event/causal-delta.js";
import { causalAt } from "../feed/event/event.js";
import { hasOrigin } from "../feed/event/origin.js";
import { vouchedBlock } from "../feed/lane/subject-reader.js";
import { hasher, laneIdOf, network, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { copyOf, exchange, later, pass, run } from "../feed/rig/twins.suite.js";
import { spanWords } from "../identity/crypto.js";
import { feedId, subjectId } from "../identity/ids.js";
import { text } from "../merge/element-codec.js";
import type { Heads } from "../merge/heads.js";
import { register } from "../merge/lww-register.js";
import { encodeOperations } from "../merge/transaction.js";
import { ViewFold } from "./view-fold.js";
import { ViewStore } from "./view-store.js";

const subject = subjectId(hasher, network, pathOf("s"));
const type = register(text);

function write(rig: Rig, value: string): void {
  later(rig);
  writeNow(rig, value);
}

function writeNow(rig: Rig, value: string): void {
  const { kind, payload } = encodeOperations(type, [new TextEncoder().encode(value)]);
  run(rig, rig.commandOf("s", [{ kind, codec: 0, payload }]));
}

function foldOf(rig: Rig): ViewFold {
  const store = new ViewStore(rig.keys, hasher, 0);
  const fold = new ViewFold({
    view: rig.view,
    hasher,
    subject,
    type,
    assurance: "classical",
    store,
    kept: "whole",
    order: "epochs",
    wallMs: () => Number.MAX_SAFE_INTEGER,
  });
  fold.look();
  fold.fold(1_000);
  return fold;
}

/** What nobody wrote over knowingly, the last first. */
function heads(rig: Rig): string[] {
  const { live } = foldOf(rig).items.get("") as Heads<Uint8Array>;
  return live.map(({ what }) => new TextDecoder().decode(what));
}

/** Feeds that events which were appended again say to have known, wherever they lie. */
function knownAgain(rig: Rig): string[] {
  const known = new Set<string>();
  for (const { number, author, epoch } of [...rig.view.lanes(subject)]) {
    const lane = { number, id: laneIdOf(author, "s", epoch) };
    const decoder = new CausalDecoder({ feed: feedId(hasher, author, subject), epoch });
    for (let seq = 1; seq <= (rig.view.head(number)?.size ?? 0); seq++) {
      const { block } = vouchedBlock(rig.view, hasher, lane, seq);
      const offset = block.spans[(seq - block.firstSeq) * spanWords] as number;
      decoder.apply(causalAt(block.bytes, offset));
      if (hasOrigin(block.bytes, offset)) for (const { feed } of decoder.rows()) known.add(toHex(feed));
    }
  }
  return [...known];
}

test("of a lane that waits at its first event there is no cursor, and of one that waits later there is one", () => {
  const [rig, other] = [new Rig(), new Rig({ author: 2, instance: 102 })];
  write(rig, "one");
  const nowMs = rig.wallMs;
  other.wallMs = nowMs + 1_000_000;
  writeNow(other, "of the future");
  pass(other, rig);
  rig.wallMs = nowMs + 2_000_000;
  writeNow(rig, "later than that");
  const store = new ViewStore(rig.keys, hasher, 0);
  const parts = { view: rig.view, hasher, subject, type, assurance: "classical", store, kept: "whole" } as const;
  const fold = new ViewFold({ ...parts, wallMs: () => nowMs });
  fold.look();
  fold.fold(1_000);
  expect([...fold.waits.values()].map(({ why }) => why)).toEqual(["future", "future"]);
  fold.settle();
  const [own] = [...rig.view.lanes(subject, rig.author)];
  expect([...store.cursors()].map(([lane, { seq }]) => [lane, seq > 0])).toEqual([[own?.number, true]]);
});

test("an event that is appended again was written in knowledge of what it was when it was first written, and of no more", () => {
  const [author, other] = [new Rig(), new Rig({ author: 2, instance: 102 })];
  write(author, "one");
  pass(author, other);
  const copy = new Rig({ keys: copyOf(author) });
  write(author, "two");
  pass(author, other);
  // A store that was put back: it writes in the place of "two", and then hears of what somebody else wrote meanwhile.
  write(copy, "lost");
  const third = new Rig({ author: 3, instance: 103 });
  write(third, "meanwhile");
  pass(third, copy);
  write(copy, "knowing");
  exchange(author, other, copy, third);
  const found = [author, other, copy, third].map(heads);
  // Written by who had "lost" and "meanwhile". Whether "two" of the other branch is left follows from which lane it counts in.
  expect(found[0]?.filter((value) => value !== "two")).toEqual(["knowing"]);
  for (const each of found) expect(each).toEqual(found[0]);
});

test("what comes back does not stand above what was written at the same time by somebody else", () => {
  const [author, other] = [new Rig(), new Rig({ author: 2, instance: 102 })];
  write(author, "one");
  pass(author, other);
  const copy = new Rig({ keys: copyOf(author) });
  write(author, "two");
  pass(author, other);
  write(copy, "lost");
  const third = new Rig({ author: 3, instance: 103 });
  write(third, "meanwhile");
  // Heard of before "lost" is appended again, and after it was written.
  pass(third, copy);
  exchange(author, other, copy, third);
  for (const rig of [author, other, copy, third]) expect(heads(rig)).toEqual(["meanwhile", "lost", "two"]);
  expect(knownAgain(copy)).toEqual([toHex(feedId(hasher, author.author, subject))]);
});

test("a lane that has other events than were folded outdates its view, also where it is no longer than it was", () => {
  const [author, other] = [new Rig(), new Rig({ author: 2, instance: 102 })];
  write(author, "one");
  const before = copyOf(author);
  write(author, "two");
  pass(author, other);
  const back = new Rig({ keys: before });
  write(back, "lost");
  const fold = foldOf(back);
  expect(fold.outdated).toBeUndefined();
  pass(back, other);
  fold.look();
  expect(fold.outdated).toContain("other events");
  expect(heads(back)).toEqual(["lost", "two"]);
});
