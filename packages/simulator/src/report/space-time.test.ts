import { expect, test } from "vitest";
import { Trace } from "../trace.js";
import { spaceTime } from "./space-time.js";

const [zero, one, other] = ["a0", "b1", "c2"].map((beginning) => beginning.repeat(32)) as [string, string, string];
const heard = (from: string, kind: string) => ({ turn: 1, protocol: "sync", input: { kind: "received", from, message: { kind } } });

function traced(note: (trace: Trace) => void): string[] {
  const lines: string[] = [];
  note(new Trace({ sink: (line) => lines.push(line) }));
  return lines;
}

/** As worlds and scenarios write it. */
const lines = traced((trace) => {
  trace.note(0, "peer 0", `boot 1 as ${zero.slice(0, 8)}`);
  trace.note(0, "peer 1", `boot 1 as ${one.slice(0, 8)}`);
  trace.note(1.5, `${zero.slice(0, 8)}←${one.slice(0, 8)}`, "opened");
  trace.note(2, `${one.slice(0, 8)}←${zero.slice(0, 8)}`, ["control", Uint8Array.of(1)]);
  trace.note(2, "peer 1", heard(zero, "open"));
  trace.note(3.25, "peer 0", heard(one, "opened"));
  trace.note(4, "host 1", "power cut");
  trace.note(4.5, "peer 1", { crash: { unsynced: 3 } });
  trace.note(5, `${zero}-${one}`, "cut");
  trace.note(6, "peer 0", heard(other, "push"));
  trace.note(7, "peer 0", heard(other, "push"));
  trace.note(8, "peer 1", `boot 2 as ${one.slice(0, 8)}`);
});

test("a column a peer, time downwards, and arrows for what arrives", () => {
  const pattern = [
    "                  peer 0          peer 1         c2c2c2c2",
    "         0.0      boot 1            │               │",
    "         0.0        │            boot 1             │",
    "         1.5     opened 1           │               │",
    "         2.0        │──── open ────→│               │",
    "         3.3        │←── opened ────│               │",
    "         4.0        │          power cut            │",
    "         4.5        │             down              │",
    "         5.0        │←──── cut ────→·               │",
    "         6.0        │←─────────── push ─────────────│  ×2",
    "         8.0        │            boot 2             │",
  ];
  expect(spaceTime(lines).trimEnd().split("\n").map(squeezed)).toEqual(pattern.map(squeezed));
});

test("columns and what stands in them are in line", () => {
  const [head, ...rows] = spaceTime(lines).split("\n") as [string, ...string[]];
  const middle = head.indexOf("peer 1") + 2;
  for (const row of rows.filter((each) => each.includes("open ") && each.includes("→"))) expect(row[middle]).toBe("│");
  expect(rows.filter((row) => row.includes("─")).every((row) => row.length < 80)).toBe(true);
});

test("peers of which a trace has numbers alone go by these", () => {
  const numbered = ['5 peer 11 input:{kind:"received",from:"2",message:{kind:"want"', "7.25 host 2 wrote"];
  const pattern = ["peer 2 peer 11", "5.0 │──── want ────→│", "7.3 wrote │"];
  expect(spaceTime(numbered).trimEnd().split("\n").map(squeezed)).toEqual(pattern.map(squeezed));
});

test("the last rows alone, and how many there were before", () => {
  const few = spaceTime(lines, { rows: 2 }).split("\n");
  expect(few[1]).toContain("… 9 before that");
  expect(few.join("\n")).toContain("boot 2");
  expect(few.join("\n")).not.toContain("opened");
  // The peer was down by then.
  expect(few.find((row) => row.includes("push"))).toBeDefined();
});

test("of many, those in whose columns most happens", () => {
  const one = spaceTime(lines, { columns: 1 });
  expect(one.split("\n")[0]?.trim()).toBe("peer 0");
  expect(one).toContain("in other columns");
});

test("no line, and lines of another kind, come to nothing but a head", () => {
  expect(spaceTime([]).trim()).toBe("");
  expect(spaceTime(["what is this", "12 peer 0 {at:1,turn:2}", ""]).trim()).toBe("");
});

function squeezed(row: string): string {
  return row.replace(/─+/g, "─").replace(/ +/g, " ").trim();
}
