import { type Input, Malformed, type PeerId, type Surroundings } from "@sinter/core";
import { expect, test } from "vitest";
import { plainTraits } from "../../../core/src/protocol/hand-ports.suite.js";
import { type PingerMessage, type PingerVocabulary, pingerProtocol } from "./pinger.js";

const protocol = pingerProtocol();
const ann = "ann" as PeerId;
const around = {} as Surroundings<PingerVocabulary>;

function heardBy(core: ReturnType<typeof protocol.create>, ...inputs: readonly Input<PingerVocabulary>[]): unknown[] {
  return inputs.flatMap((input) => [...core.step(input, around)]);
}

const ping = (token: number): Input<PingerVocabulary> => ({
  kind: "commanded",
  command: { kind: "ping", token, to: ann, load: new Uint8Array(3) },
});

test("messages come back from their bytes, and a load makes bulk of a ping", () => {
  const messages: PingerMessage[] = [
    { kind: "beat" },
    { kind: "pong", token: 9 },
    { kind: "ping", token: 7, load: Uint8Array.of(1, 2) },
    { kind: "ping", token: 7, load: new Uint8Array(0) },
  ];
  for (const message of messages) expect(protocol.codec.decode(protocol.codec.encode(message))).toEqual(message);
  expect(messages.map(protocol.classOf)).toEqual(["control", "control", "bulk", "control"]);
  for (const bytes of [[], [3], [1], [0, 0, 0, 0, 1, 5], [2, 0]])
    expect(protocol.codec.decode(Uint8Array.from(bytes))).toBeInstanceOf(Malformed);
});

test("a ping has one beginning and one end: ponged, link lost, nobody there, or forgotten", () => {
  const core = protocol.create();
  expect(heardBy(core, { kind: "started" })).toMatchObject([{ notice: { kind: "forgot" } }, { kind: "schedule" }]);
  expect(heardBy(core, ping(1))).toMatchObject([{ notice: { kind: "begun" } }, { notice: { how: "nobody there" } }]);
  heardBy(core, { kind: "connected", peer: ann, traits: plainTraits });
  expect(heardBy(core, ping(2))).toMatchObject([{ notice: { kind: "begun", token: 2 } }, { kind: "send", to: ann, after: "step" }]);
  const pong = { kind: "received", from: ann, message: { kind: "pong", token: 2 } } as const;
  expect(heardBy(core, pong, pong)).toMatchObject([{ notice: { kind: "ended", token: 2, how: "ponged" } }]);
  heardBy(core, ping(3));
  expect(heardBy(core, { kind: "disconnected", peer: ann }, pong)).toMatchObject([{ notice: { token: 3, how: "link lost" } }]);
  expect(core.describe()).toEqual({ links: 0, pings: 0, beats: 0 });
});

test("pings are answered, beats go to everybody and come again, numbers are squared elsewhere", () => {
  const core = protocol.create();
  heardBy(core, { kind: "connected", peer: ann, traits: plainTraits });
  expect(heardBy(core, { kind: "received", from: ann, message: { kind: "ping", token: 4, load: new Uint8Array(1) } })).toMatchObject([
    { kind: "send", message: { kind: "pong", token: 4 } },
  ]);
  expect(heardBy(core, { kind: "expired", timer: "beat" })).toMatchObject([
    { kind: "send", message: { kind: "beat" } },
    { kind: "schedule", timer: "beat" },
  ]);
  expect(heardBy(core, { kind: "received", from: ann, message: { kind: "beat" } })).toEqual([]);
  expect(heardBy(core, { kind: "commanded", command: { kind: "square", token: 5, number: 6 } })).toMatchObject([
    { kind: "notify" },
    { kind: "compute" },
  ]);
  const job = { token: 5, number: 6 };
  expect(heardBy(core, { kind: "computed", job, outcome: { kind: "done", result: 36 } })).toMatchObject([{ notice: { how: "squared" } }]);
  expect(heardBy(core, { kind: "computed", job, outcome: { kind: "failed", reason: "no" } }, { kind: "flushed", turn: 1 })).toMatchObject([
    { notice: { how: "job failed" } },
  ]);
  expect(() => protocol.open({} as never).apply(undefined as never)).toThrow("writes nothing");
});
