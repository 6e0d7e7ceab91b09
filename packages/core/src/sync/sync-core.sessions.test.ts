import { expect, test } from "vitest";
import { hasher, network, pathOf } from "../feed/rig/feed-rig.suite.js";
import { spaceId, subjectId } from "../identity/ids.js";
import { plainTraits } from "../protocol/hand-ports.suite.js";
import type { Hello, SyncMessage } from "./messages.js";
import { later, link, type Said, type SteppedOptions, SteppedPeer, talk } from "./stepped-peers.suite.js";

const kinds = (said: readonly Said[]) => said.map(({ message }) => message.kind);
const only = <K extends SyncMessage["kind"]>(said: readonly Said[], kind: K) =>
  said.flatMap(({ message }) => (message.kind === kind ? [message as Extract<SyncMessage, { readonly kind: K }>] : []));

function pair(...[one, other]: readonly SteppedOptions[]): [SteppedPeer, SteppedPeer] {
  return [new SteppedPeer(1, one), new SteppedPeer(2, other)];
}

test("two that hold the same say so in two messages, and nothing is wanted", () => {
  const [a, b] = pair();
  link(a, b);
  const said = talk([a, b]);
  expect(kinds(said).filter((kind) => kind !== "hello")).toEqual(["open", "opened"]);
  expect(only(said, "opened")).toMatchObject([{ digest: "same" }]);
});

test("T26 what either has the other has after one session, and roots are compared once more at its end", () => {
  const [a, b] = pair();
  a.append("team/log", "1", "2");
  b.append("team/other", "3");
  link(a, b);
  const said = talk([a, b]);
  expect(a.root()).toBe(b.root());
  expect(only(said, "opened").at(-1)).toMatchObject({ digest: "same" });
  expect(only(said, "want")).toHaveLength(2);
});

test("a body that two could send is asked of one; of the other, once the first is gone", () => {
  const [a, b] = pair();
  const c = new SteppedPeer(3);
  a.append("team/log", "1", "2", "3");
  link(a, b);
  talk([a, b]);
  for (const each of [a, b]) {
    each.step({ kind: "connected", peer: c.id, traits: plainTraits });
    c.step({ kind: "connected", peer: each.id, traits: plainTraits });
  }
  const said = talk([a, b, c], ({ message }) => (message.kind === "want" ? "lose" : "hand on"));
  const wants = said.filter(({ message }) => message.kind === "want");
  expect(wants).toHaveLength(1);
  const [first, other] = wants[0]?.to === a.id ? [a, b] : [b, a];
  c.step({ kind: "disconnected", peer: first.id });
  first.step({ kind: "disconnected", peer: c.id });
  talk([a, b, c]);
  expect(c.root()).toBe(other.root());
});

test("an event is pushed to who holds what is before it, acknowledged once it is there, and not sent back", () => {
  const [a, b] = pair();
  a.append("team/log", "1");
  link(a, b);
  talk([a, b]);
  a.append("team/log", "2");
  const said = talk([a, b]);
  expect(kinds(said)).toEqual(["push", "held", "heard"]);
  expect(a.root()).toBe(b.root());
  expect(a.notices.filter(({ kind }) => kind === "reached").at(-1)).toMatchObject({ peer: b.id, size: 2 });
});

test("a push that is lost is told of, and asked for", () => {
  const [a, b] = pair();
  a.append("team/log", "1");
  link(a, b);
  talk([a, b]);
  a.append("team/log", "2");
  talk([a, b], ({ message }) => (message.kind === "push" ? "lose" : "hand on"));
  expect(a.root()).not.toBe(b.root());
  later([a, b], 3_000);
  expect(a.root()).toBe(b.root());
});

function placeOf({ rig }: SteppedPeer, path: string) {
  return { subject: subjectId(hasher, network, pathOf(path)), author: rig.author, epoch: { index: 0, nonce: rig.instance } };
}

function answerTo(
  a: SteppedPeer,
  b: SteppedPeer,
  want: { readonly path: string; readonly from: number; readonly previous: number },
): unknown {
  const previous = new Uint8Array(32).fill(want.previous);
  a.hear(b.id, { kind: "want", stream: 77, place: placeOf(a, want.path), from: want.from, previous });
  return a.said.splice(0).map(({ message }) => message);
}

test("ours is sent only to who holds how it begins: to publish it otherwise would be a fork", () => {
  const [a, b] = pair();
  a.append("team/log", "1", "2");
  link(a, b);
  talk([a, b]);
  expect(answerTo(a, b, { path: "team/log", from: 2, previous: 9 })).toMatchObject([
    { kind: "gone", stream: 77, reason: "another history" },
  ]);
  expect(answerTo(a, b, { path: "team/log", from: 9, previous: 9 })).toMatchObject([{ kind: "gone", stream: 77, reason: "nothing newer" }]);
});

test("what is not in the scope is neither sent nor taken", () => {
  const wishes = [{ space: spaceId(hasher, network, pathOf("team/alpha")), subject: undefined }];
  const [a, b] = pair({}, { wishes });
  a.append("team/alpha/log", "wanted");
  a.append("team/beta/log", "not wanted");
  link(a, b);
  talk([a, b]);
  expect([...b.rig.view.subjects()].map(({ path }) => path)).toEqual(["team/alpha/log"]);
  expect(answerTo(a, b, { path: "team/beta/log", from: 1, previous: 0 })).toMatchObject([{ kind: "gone", reason: "not in scope" }]);
});

test("another version of sync ends the link, and says which ones are spoken", () => {
  const [a, b] = pair();
  a.step({ kind: "connected", peer: b.id, traits: plainTraits });
  const [{ message }] = a.said as [Said];
  a.hear(b.id, { ...(message as Hello), from: 2, to: 3 });
  expect(a.cut).toEqual([[b.id, "it speaks versions 2 to 3 of sync, and this peer 1"]]);
});

test.each([
  ["a stream that ends within a range", "cut", /ends within/],
  ["a range of a lane that was not asked for", "other", /not asked for/],
  ["a range that does not hold", "wrong", /made up/],
] as const)("%s ends the link", (_, spoil, reason) => {
  const [a, b] = pair();
  a.append("team/log", "1");
  a.append("team/other", "2");
  link(a, b);
  if (spoil === "wrong") b.taking = () => ({ kind: "wrong", reason: "made up" });
  const chunks: Extract<SyncMessage, { readonly kind: "chunk" }>[] = [];
  talk([a, b], ({ message }) => {
    if (message.kind !== "chunk" || spoil === "wrong") return "hand on";
    chunks.push(message);
    return "lose";
  });
  if (spoil !== "wrong") {
    const [one, other] = chunks as [(typeof chunks)[number], (typeof chunks)[number]];
    const bytes = spoil === "cut" ? one.bytes.subarray(0, one.bytes.length - 1) : other.bytes;
    b.hear(a.id, { ...one, hash: undefined, bytes });
  }
  expect(b.cut[0]).toEqual([a.id, expect.stringMatching(reason)]);
});

test("of what is being taken in no more is asked for than there is room; nothing of it is left behind when the link goes", () => {
  const [a, b] = pair();
  for (let lane = 0; lane < 12; lane++) a.append(`team/s${lane}`, "x");
  b.taking = () => "later";
  link(a, b);
  const said = talk([a, b]);
  expect(only(said, "want").length).toBeLessThanOrEqual(4);
  b.step({ kind: "disconnected", peer: a.id });
  expect(b.describe()).toMatchObject({ wanted: 0, links: [] });
});

test("a second signature that is on its way is waited for: until it is here, the two do not hold the same", () => {
  const [a, b] = pair({ signatures: "hybrid" });
  a.append("team/log", "1");
  a.seal("team/log");
  link(a, b);
  const token = 7;
  b.step({ kind: "commanded", command: { kind: "exchange", token, peer: a.id } });
  const said = talk([a, b]);
  expect(only(said, "want seal").length).toBeGreaterThan(0);
  expect(b.notices.some(({ kind }) => kind === "exchanged")).toBe(false);
  b.takeSeals(1);
  talk([a, b]);
  expect(b.notices.find(({ kind }) => kind === "exchanged")).toMatchObject({ token, report: { converged: "yes" } });
});

test("an exchange with a peer that is paused ends once what it has is here, and says why the two do not hold the same", () => {
  const [a, b] = pair();
  a.append("team/log", "1");
  b.append("team/other", "2");
  b.step({ kind: "commanded", command: { kind: "pause" } });
  link(a, b);
  talk([a, b]);
  a.step({ kind: "commanded", command: { kind: "exchange", token: 7, peer: b.id } });
  talk([a, b]);
  expect(a.notices.find((notice) => notice.kind === "exchanged" && notice.token === 7)).toMatchObject({
    report: { converged: "no", reason: "the other peer is paused" },
  });
  expect(a.rig.laneNumber("team/other", b.rig.author)).toBeDefined();
});

test("how they stand is asked without telling all of the difference again, and not for ever where nothing moves", () => {
  const [a, b] = pair();
  for (const path of ["team/one", "team/two", "team/three"]) a.append(path, "1");
  b.taking = () => "later";
  link(a, b);
  const said = talk([a, b]);
  expect(only(said, "difference")).toMatchObject([{ rows: { length: 3 } }]);
  const again = later([a, b], 40_000);
  const [first, ...others] = only(again, "difference");
  expect(first?.rows).toEqual([]);
  // One session gave it up, and another began.
  expect(others.filter(({ rows }) => rows.length > 0).length).toBeGreaterThan(0);
  expect(a.describe()).toMatchObject({ links: [{ last: { converged: "no", reason: "no answer" } }] });
});

test("where nothing moves, sessions come ever less often, until they come as seldom as those of peers that agree", () => {
  const knobs = { intervalMs: 60_000, retransMs: 1_000 };
  const [a, b] = pair({ knobs }, { knobs });
  b.append("team/other", "1");
  a.step({ kind: "commanded", command: { kind: "pause" } });
  link(a, b);
  const said = talk([a, b]);
  said.push(...later([a, b], 600_000));
  const sessions = only(said, "open").length;
  // Each begins less than 64 s behind the one before it; without that it would be one a second.
  expect(sessions).toBeGreaterThan(8);
  expect(sessions).toBeLessThan(40);
});
