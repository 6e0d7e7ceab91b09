import { expect, test } from "vitest";
import { gatheredBytesMax, localInputsMax, quarantinePerMinuteMax, turnsUnflushedMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import type { Mount } from "../protocol/mount.js";
import type { Effect, Input, Vocabulary } from "../protocol/protocol.js";
import { codeOf, collect, events, Followed, PeerRig, watch } from "./peer-rig.suite.js";
import type { SinterError } from "./sinter-error.js";

const subject = "team/notes";
/** Large enough to wait for no commit under way. */
const large = [{ payload: new Uint8Array(gatheredBytesMax) }];

interface ProbeVocabulary extends Vocabulary {
  Message: never;
  Command: never;
  Notice: "tick";
  Timer: "tick";
  Write: never;
  View: undefined;
  Job: never;
  Result: never;
}

/** A core of the application's that does as the test says; it ticks once a second. */
function probe(at: { readonly step?: (input: Input<ProbeVocabulary>) => void; readonly notify?: () => void } = {}): Mount<ProbeVocabulary> {
  const step = (input: Input<ProbeVocabulary>): readonly Effect<ProbeVocabulary>[] => {
    at.step?.(input);
    if (input.kind === "started") return [{ kind: "schedule", timer: "tick", delayMs: 1000 }];
    return input.kind === "expired" ? [{ kind: "notify", notice: "tick" }] : [];
  };
  return {
    protocol: {
      name: "probe",
      tag: 99,
      closesTurns: false,
      create: () => ({ step, describe: () => "probing" }),
      codec: { encode: (message) => message, decode: () => new Malformed("no messages") },
      classOf: () => "control",
      costOf: () => 1,
      open: () => ({ view: undefined, apply: () => undefined }),
    },
    notify: () => at.notify?.(),
    dropped: () => undefined,
  };
}

const allCalls = (rig: PeerRig) => [
  rig.peer.append(subject, events("x")),
  collect(rig.peer.events(subject)),
  collect(rig.peer.events(subject, { follow: true })),
  rig.peer.feeds(),
  rig.peer.status(),
  rig.peer.audit(),
];

test("close lets nobody new in, finishes what was accepted, then lets go; all of it once", async () => {
  const rig = new PeerRig();
  const accepted = Array.from({ length: 20 }, (_, index) => watch(rig.peer.append(`many/${index}`, events("x"))));
  expect(rig.peer.ended).toBe(undefined);
  const closed = [watch(rig.peer.close()), watch(rig.peer.close())];
  await rig.step();
  expect([rig.called, accepted[0]?.state, closed[0]?.state]).toEqual([["retire"], "waiting", "waiting"]);
  expect(await Promise.all(allCalls(rig).map(codeOf))).toEqual(Array(6).fill("stopped"));
  await rig.rest();
  expect(accepted.map(({ state }) => state)).toEqual(Array(20).fill("resolved"));
  expect([rig.called, ...closed.map(({ state }) => state)]).toEqual([["retire", "release"], "resolved", "resolved"]);
  await rig.peer.close();
  await rig.peer[Symbol.asyncDispose]();
  expect(rig.called).toEqual(["retire", "release"]);
  expect(await Promise.all(allCalls(rig).map(codeOf))).toEqual(Array(6).fill("stopped"));
  expect(rig.peer.ended?.code).toBe("stopped");
  expect(await rig.peer.describe()).toMatchObject({ state: "stopped" });
  // All of it is there for who opens the store next.
  const next = new PeerRig({ keys: rig.keys });
  expect((await rig.peer.view.subjectId("many/19" as never)) !== undefined).toBe(true);
  expect(await next.texts("many/19")).toEqual(["x"]);
});

test("while it retires it still answers", async () => {
  let retired: () => void = () => undefined;
  const rig = new PeerRig({ retire: () => new Promise<void>((resolve) => (retired = resolve)) });
  const closed = watch(rig.peer.close());
  await rig.rest();
  expect((await rig.append(subject, "last")).seq(0)).toBe(1);
  expect([rig.called, rig.peer.ended, closed.state]).toEqual([["retire"], undefined, "waiting"]);
  retired();
  await rig.rest();
  expect([rig.called, closed.state]).toEqual([["retire", "release"], "resolved"]);
});

test("more calls than the queue holds: busy; those it holds are answered", async () => {
  const rig = new PeerRig();
  const others = Array.from({ length: localInputsMax }, () => rig.peer.status());
  expect(await codeOf(rig.peer.append(subject, events("too many")))).toBe("busy");
  expect(await codeOf(rig.peer.status())).toBe("busy");
  // What is on disk is read without asking anybody.
  expect(await rig.peer.feeds()).toEqual([]);
  await rig.rest();
  expect((await Promise.all(others)).length).toBe(localInputsMax);
});

test("those that the queue holds are answered by a peer that closes, too", async () => {
  const rig = new PeerRig();
  const written = rig.peer.append(subject, events("not on disk yet"));
  await rig.step();
  const others = Array.from({ length: localInputsMax }, () => rig.peer.feeds(subject));
  expect(await codeOf(rig.peer.feeds())).toBe("busy");
  const closed = watch(rig.peer.close());
  await rig.rest();
  expect([closed.state, (await written).count, (await Promise.all(others)).length]).toEqual(["resolved", 1, localInputsMax]);
});

test("close waits for commits that are under way, and for those that wait for them", async () => {
  const rig = new PeerRig();
  const appends = [];
  for (let turn = 0; turn < turnsUnflushedMax + 3; turn++) {
    appends.push(watch(rig.peer.append(subject, large)));
    await rig.step();
  }
  const closed = watch(rig.peer.close());
  await rig.step();
  expect([closed.state, rig.store.commits.length, rig.called]).toEqual(["waiting", turnsUnflushedMax, ["retire"]]);
  await rig.rest();
  expect([closed.state, ...appends.map(({ state }) => state)]).toEqual(["resolved", ...Array(turnsUnflushedMax + 3).fill("resolved")]);
});

test("a commit that fails while the peer closes is told, and the rest goes on to the disk", async () => {
  const rig = new PeerRig();
  const first = codeOf(rig.peer.append(subject, events("one")));
  await rig.step();
  const second = watch(rig.peer.append(subject, events("two")));
  const closed = watch(rig.peer.close());
  await rig.promises();
  rig.store.fail({ reason: "gone", outcome: "unknown" });
  await rig.rest();
  expect([await first, second.state, closed.state, rig.called]).toEqual(["unknown-outcome", "resolved", "resolved", ["retire", "release"]]);
  expect(await new PeerRig({ keys: rig.keys }).texts(subject)).toEqual(["two"]);
});

test("a peer that closes ends its followers, its readers and its audits: stopped", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "a", "b");
  const followers = [new Followed(rig.peer, subject), new Followed(rig.peer, "team/other")];
  const reader = rig.peer.events(subject)[Symbol.asyncIterator]();
  await rig.of(reader.next());
  rig.hand.clock.stepMs = 20;
  const audit = codeOf(rig.peer.audit());
  await rig.promises();
  const closed = watch(rig.peer.close());
  await rig.rest();
  expect(closed.state).toBe("resolved");
  expect(followers.map(({ end, texts }) => [(end.error as SinterError).code, texts])).toEqual([
    ["stopped", ["a", "b"]],
    ["stopped", []],
  ]);
  expect([await audit, await codeOf(reader.next() as Promise<unknown>)]).toEqual(["stopped", "stopped"]);
});

test("behind a closed peer the store is not read any more", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "a", "b", "c");
  const reader = rig.peer.events(subject)[Symbol.asyncIterator]();
  await rig.of(reader.next());
  await rig.of(rig.peer.close());
  const closed = () => {
    throw new Error("the store is closed");
  };
  Object.assign(rig.keys, { get: closed, peek: closed, range: closed });
  const calls = [...allCalls(rig), reader.next() as Promise<unknown>];
  expect(await Promise.all(calls.map(codeOf))).toEqual(Array(7).fill("stopped"));
});

test("what fails to retire does not keep the store, and who closes hears of it", async () => {
  const rig = new PeerRig({ retire: () => Promise.reject(new Error("no")) });
  const append = watch(rig.peer.append(subject, events("x")));
  const closed = watch(rig.peer.close());
  await rig.rest();
  expect([append.state, rig.called, closed.error]).toEqual(["resolved", ["retire", "release"], new Error("no")]);
});

test("cores of the application's run on the same driver", async () => {
  const told: string[] = [];
  const rig = new PeerRig({ mounts: [probe({ step: ({ kind }) => told.push(kind), notify: () => told.push("told") })] });
  await rig.append(subject, "x");
  rig.hand.clock.advance(1000);
  await rig.rest();
  expect(told).toEqual(["started", "expired", "told"]);
  expect(await rig.peer.describe()).toMatchObject({ cores: { probe: "probing" } });
});

test("a driver that halts ends all that waits: stopped, or of unknown outcome; and lets go by itself, once", async () => {
  const rig = new PeerRig({
    mounts: [
      probe({
        notify: () => {
          throw new Error("nobody listens");
        },
      }),
    ],
  });
  await rig.append(subject, "safe");
  const follower = new Followed(rig.peer, subject);
  const first = codeOf(rig.peer.append(subject, events("flushed")));
  await rig.step();
  rig.hand.clock.advance(1000);
  await rig.step();
  const second = codeOf(rig.peer.append(subject, large));
  await rig.step();
  const queued = allCalls(rig).slice(0, 5).map(codeOf);
  await rig.promises();
  expect([rig.peer.ended, rig.store.commits.length]).toEqual([undefined, 3]);
  rig.store.flush();
  await rig.promises();
  expect(rig.peer.ended?.message).toContain("nobody listens");
  expect([await first, await second, ...(await Promise.all(queued))]).toEqual(["resolved", "unknown-outcome", ...Array(5).fill("stopped")]);
  expect([(follower.end.error as SinterError).code, rig.called]).toEqual(["stopped", ["retire", "release"]]);
  await Promise.all([rig.peer.close(), rig.peer.close()]);
  expect(rig.called).toEqual(["retire", "release"]);
  expect(await codeOf(rig.peer.append(subject, events("later")))).toBe("stopped");
  expect((await new PeerRig({ keys: rig.keys }).texts(subject)).slice(0, 2)).toEqual(["safe", "flushed"]);
});

test("a core that cannot start halts the peer at once", async () => {
  const rig = new PeerRig({
    release: () => Promise.reject(new Error("nor can this")),
    mounts: [
      probe({
        step: () => {
          throw new Error("cannot start");
        },
      }),
    ],
  });
  expect(rig.peer.ended).toMatchObject({ code: "stopped", message: expect.stringContaining("cannot start") });
  expect(await Promise.all(allCalls(rig).map(codeOf))).toEqual(Array(6).fill("stopped"));
  await rig.rest();
  expect(rig.called).toEqual(["retire", "release"]);
  // Nobody was there to hear of it before.
  await expect(rig.peer.close()).rejects.toThrow("nor can this");
});

test("a core that fails again and again halts the peer, and what was not written is not of unknown outcome", async () => {
  const rig = new PeerRig({
    mounts: [
      probe({
        step: ({ kind }) => {
          if (kind === "expired") throw new Error("not again");
        },
      }),
    ],
  });
  await rig.append(subject, "safe");
  let queued: Promise<string> | undefined;
  for (let failures = 0; failures <= quarantinePerMinuteMax; failures++) {
    expect(rig.peer.ended).toBe(undefined);
    rig.hand.clock.advance(1000);
    if (failures === quarantinePerMinuteMax) queued = codeOf(rig.peer.append(subject, events("never stepped")));
    await rig.rest();
  }
  expect(rig.peer.ended?.message).toContain("not again");
  expect([await queued, rig.called]).toEqual(["stopped", ["retire", "release"]]);
});

test("a peer that halts while it closes is closed all the same, once", async () => {
  const rig = new PeerRig({
    mounts: [
      probe({
        notify: () => {
          throw new Error("nobody listens");
        },
      }),
    ],
  });
  const append = codeOf(rig.peer.append(subject, events("x")));
  await rig.step();
  const closed = watch(rig.peer.close());
  rig.hand.clock.advance(1000);
  await rig.step();
  expect(closed.state).toBe("waiting");
  rig.store.flush();
  await rig.rest();
  expect([await append, closed.state, rig.called]).toEqual(["resolved", "resolved", ["retire", "release"]]);
});
