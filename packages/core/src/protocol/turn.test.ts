import { expect, test } from "vitest";
import { plainTraits } from "./hand-ports.suite.js";
import type { WaitingCommand } from "./inbox.js";
import type { Mounted } from "./mount.js";
import type { Effect, Instant, PeerId, Vocabulary } from "./protocol.js";
import { Turn } from "./turn.js";

const ann = "ann" as PeerId;
const bob = "bob" as PeerId;
const links = new Map([[ann, { traits: plainTraits }]]);
const wrote: unknown[] = [];
const mounted = { apply: (write: unknown) => void wrote.push(write) } as unknown as Mounted;
const late: Effect<Vocabulary> = { kind: "notify", notice: "late" };
const early: Effect<Vocabulary> = { kind: "notify", notice: "early", after: "step" };
const write: Effect<Vocabulary> = { kind: "write", write: 1 };

function turn(): Turn {
  return new Turn(1, { now: 0 as Instant, wallMs: 0, disk: "roomy" });
}

function command(): WaitingCommand {
  return { kind: "command", mount: 0, input: { kind: "commanded", command: "c" }, answered: "no" };
}

test("an early notice answers a command only where no later one follows", () => {
  const it = turn();
  const asked = command();
  it.take(0, mounted, [early], asked, links);
  it.take(0, mounted, [early, late], asked, links);
  it.take(0, mounted, [late, early], asked, links);
  it.take(0, mounted, [early, early], asked, links);
  expect(it.early.map(({ answers }) => answers === asked)).toEqual([true, false, false, false, true]);
  expect(it.held.map(({ answers }) => answers)).toEqual([undefined, undefined]);
});

test("a write beside an early effect is refused, in whatever order; beside a held one it is taken", () => {
  expect(() => turn().take(0, mounted, [early, write], undefined, links)).toThrow("may not let effects out");
  expect(() => turn().take(0, mounted, [write, late, early], undefined, links)).toThrow("may not let effects out");
  const it = turn();
  it.take(0, mounted, [early], undefined, links);
  it.take(0, mounted, [write, late], undefined, links);
  it.take(2, mounted, [write, write], undefined, links);
  expect(it.wrote).toEqual([0, 2]);
});

test("settled, it keeps commands and links, and lets frames go", () => {
  const it = turn();
  const asked = command();
  it.inputs.push(asked, { kind: "own", mount: 0, input: { kind: "started" } });
  for (const from of [ann, ann, bob]) it.inputs.push({ kind: "frame", from, frame: new Uint8Array(9), messageClass: "control" });
  it.settle(new Map([[ann, { traits: plainTraits }]]));
  expect([it.inputs, it.commands, [...it.links]]).toEqual([[], [asked], [ann]]);
  const other = turn();
  other.take(0, mounted, [late], undefined, links);
  other.inputs.push(command(), { kind: "frame", from: bob, frame: new Uint8Array(9), messageClass: "control" });
  other.settle(
    new Map([
      [ann, { traits: plainTraits }],
      [bob, { traits: plainTraits }],
    ]),
  );
  it.absorb(other);
  expect([it.commands.length, it.held.length, [...it.links], it.weight]).toEqual([2, 1, [ann, bob], 3]);
});
