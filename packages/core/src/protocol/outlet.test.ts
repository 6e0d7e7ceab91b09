import { expect, test } from "vitest";
import { HandPorts, plainTraits } from "./hand-ports.suite.js";
import { Inbox } from "./inbox.js";
import type { Mounted, Outgoing } from "./mount.js";
import { Outlet } from "./outlet.js";
import type { PeerId } from "./protocol.js";
import { ToyDriver } from "./toy-driver.suite.js";

const ann = "ann" as PeerId;

function bench() {
  const ports = new HandPorts();
  const inbox = new Inbox();
  const toy = new ToyDriver();
  const cut: string[] = [];
  const mounts = [toy.ledger, toy.pinger].map((mount) => ({ mount })) as unknown as Mounted[];
  const link = { traits: plainTraits };
  const links = new Map([[ann, link]]);
  const outlet = new Outlet({ ports, mounts, inbox, links, wake: () => {}, disconnect: (peer, reason) => cut.push(`${peer}: ${reason}`) });
  const out = (effect: Outgoing["effect"], mount = 0) => outlet.release({ mount, effect, link, answers: undefined });
  return { links, ports, inbox, toy, cut, outlet, out };
}

test("frames, notices and disconnections go where they belong", () => {
  const { ports, toy, cut, out } = bench();
  const frame = Uint8Array.of(1, 2);
  out({ kind: "frame", to: ann, frame, messageClass: "bulk" });
  out({ kind: "notify", notice: { kind: "rang", timer: "tea" } });
  out({ kind: "disconnect", peer: ann, reason: "enough" });
  expect(ports.transport.sent).toEqual([{ to: ann, frame, messageClass: "bulk" }]);
  expect(toy.notices).toEqual([{ kind: "rang", timer: "tea" }]);
  expect(cut).toEqual(["ann: enough"]);
});

test("what was meant for a link does not reach the next one with that peer", () => {
  const { ports, cut, links, out } = bench();
  for (const now of [undefined, { traits: plainTraits }]) {
    links.delete(ann);
    if (now !== undefined) links.set(ann, now);
    out({ kind: "frame", to: ann, frame: Uint8Array.of(1), messageClass: "control" });
    out({ kind: "disconnect", peer: ann, reason: "enough" });
  }
  expect([ports.transport.sent, cut]).toEqual([[], []]);
});

test("timers of one name in two cores are two timers", () => {
  const { ports, inbox, outlet, out } = bench();
  out({ kind: "schedule", timer: "tea", delayMs: 1 }, 0);
  out({ kind: "schedule", timer: "tea", delayMs: 1 }, 1);
  out({ kind: "cancel", timer: "tea" }, 0);
  ports.clock.advance(1);
  const due = inbox.next("bulk");
  expect(due).toMatchObject({ mount: 1, input: { kind: "expired", timer: "tea" } });
  expect(inbox.has("bulk")).toBe(false);
  expect(outlet.describe()).toEqual({ timers: 1, jobs: 0 });
});

test("an expiry means something once", () => {
  const { ports, inbox, outlet, out } = bench();
  out({ kind: "schedule", timer: "tea", delayMs: 1 });
  ports.clock.advance(1);
  const due = inbox.next("bulk");
  if (due?.kind !== "own") throw new Error("nothing fell due");
  expect(outlet.expires(0, "tea", { kind: "expired", timer: "tea" })).toBe(false);
  expect(outlet.expires(0, "tea", due.input)).toBe(true);
  expect(outlet.expires(0, "tea", due.input)).toBe(false);
});

test("quiet, it still speaks, and starts nothing", () => {
  const { ports, toy, outlet, out } = bench();
  outlet.quiet();
  out({ kind: "schedule", timer: "tea", delayMs: 1 });
  out({ kind: "compute", job: "w" });
  out({ kind: "notify", notice: { kind: "rang", timer: "tea" } });
  expect([ports.clock.waiting, ports.compute.jobs.length, toy.notices.length]).toEqual([0, 0, 1]);
  outlet.resume();
  out({ kind: "schedule", timer: "tea", delayMs: 1 });
  expect(ports.clock.waiting).toBe(1);
});
