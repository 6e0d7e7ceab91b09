import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { traceWriter } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { traceDiagramLinesMax } from "../limits.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
const setting: Setting = { stores: new MemoryStores(), env: {} };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "trace-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

function written(lines: readonly string[]): string {
  const file = join(dir, "a.trace");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const trace = (file: string, ...flags: readonly string[]) => finish(setting, ["trace", file, ...flags]);

interface Told {
  readonly form: string;
  readonly lines: number;
  readonly entries: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly peers: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  readonly protocols: Readonly<Record<string, number>>;
  readonly frameBytes: number;
  readonly links: Readonly<Record<string, { readonly opened: number; readonly closed: number }>>;
  readonly errors: number;
  readonly firstErrors: readonly { readonly line: number; readonly what: string }[];
  readonly cut: boolean;
}

async function told(file: string): Promise<Told> {
  const { code, stdout, stderr } = await trace(file, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.json[0] as unknown as Told;
}

const id = (digit: string): string => digit.repeat(64);
const simulated = [
  `0 peer 0 boot 1 as ${"a".repeat(8)}`,
  `0 peer 1 boot 1 as ${"b".repeat(8)}`,
  `1.5 ${"a".repeat(8)}←${"b".repeat(8)} opened`,
  `2 ${"a".repeat(8)}←${"b".repeat(8)} ["control",x0603ed]`,
  `2 ${"a".repeat(8)}←${"b".repeat(8)} ["bulk",x788:c99dc5beabc43856]`,
  `2 peer 0 {at:90.5,turn:3,protocol:"sync",input:{kind:"received",from:"${id("b")}",message:{kind:"want fork",place:{}}},effects:[]}`,
  `2.5 peer 1 {at:91.5,turn:4,protocol:"feed",input:{kind:"commanded",command:{}},effects:[{kind:"disconnect",peer:"${id("a")}",reason:"a range that is none"}]}`,
  `3 ${id("a")}-${id("b")} cut`,
  "4000 host 1 power cut",
];

const wire = [
  "0 settings {}",
  "0.5 link 0 1 opened",
  "0.6 link 1 0 opened",
  "1 0 sent 1 control want-fork 90 stream=1 #00aa",
  "1.25 1 got 0 control want-fork 90 stream=1 #00aa",
  "2 wrote 1 key",
  "2 1 sent 0 bulk chunk 1000 stream=1 seq=0 #00bb",
  "2500 fault cut 1",
  "3000 sample 0aa0,- 4,-",
  "3000 violation peers 0 and 1 differ",
  "3000 ended",
];

function live(): readonly string[] {
  let text = "";
  const write = traceWriter("trace", (more) => (text += more));
  const peer = id("c");
  write({ at: 1 as never, turn: 1, protocol: "sync", input: { kind: "connected", peer, traits: {} }, effects: [] });
  const message = { kind: "want fork", place: new Uint8Array(40) };
  const send = { kind: "send", to: peer, message: { kind: "fork", proof: new Uint8Array(1_000) } };
  write({ at: 12.5 as never, turn: 2, protocol: "sync", input: { kind: "received", from: peer, message }, effects: [send, send] });
  write({
    at: 13 as never,
    turn: 2,
    protocol: "feed",
    input: { kind: "flushed" },
    effects: Array.from({ length: 20 }, () => ({ kind: "write" })),
  });
  return text.trimEnd().split("\n");
}

test("what the simulator notes: peers by their numbers, steps by what came in, links, frames, errors", async () => {
  expect(await told(written(simulated))).toMatchObject({
    form: "simulator",
    lines: 9,
    entries: 9,
    fromMs: 0,
    toMs: 4_000,
    peers: { "0": 6, "1": 8 },
    kinds: { boot: 2, opened: 1, "control-frame": 1, "bulk-frame": 1, "want-fork": 1, commanded: 1, cut: 1, host: 1 },
    protocols: { sync: 1, feed: 1 },
    frameBytes: 791,
    links: { "0 1": { opened: 1, closed: 1 } },
    errors: 1,
    firstErrors: [{ line: 7, what: "a range that is none" }],
    cut: false,
  });
});

test("the frames of a run: bytes as they were sent, links by both ends, violations", async () => {
  expect(await told(written(wire))).toMatchObject({
    form: "wire",
    entries: 11,
    toMs: 3_000,
    peers: { "0": 5, "1": 6 },
    kinds: { "want-fork": 2, opened: 2, chunk: 1, violation: 1, settings: 1 },
    frameBytes: 1_090,
    links: { "0 1": { opened: 2, closed: 0 } },
    errors: 1,
    firstErrors: [{ line: 10, what: "peers 0 and 1 differ" }],
  });
});

test("the steps of a live peer, and what they hold", async () => {
  expect(await told(written(live()))).toMatchObject({
    form: "live",
    fromMs: 1,
    toMs: 13,
    peers: { cccccccc: 4 },
    kinds: { connected: 1, opened: 1, received: 1, "got-want-fork": 1, "sent-fork": 2, flushed: 1 },
    protocols: { sync: 6, feed: 1 },
    links: { cccccccc: { opened: 1, closed: 0 } },
    errors: 0,
  });
});

test("filters show the lines themselves, and what belongs to them", async () => {
  const file = written(simulated);
  expect((await trace(file, "--kind", "want fork")).stdout.lines).toEqual([simulated[5]]);
  expect((await trace(file, "--protocol", "feed")).stdout.lines).toEqual([simulated[6]]);
  expect((await trace(file, "--peer", "1", "--from", "2.5", "--to", "4s")).stdout.lines).toEqual(simulated.slice(6, 8));
  expect((await trace(file, "--grep", "x0603|power")).stdout.lines).toEqual([simulated[3], simulated[8]]);
  const [one] = (await trace(file, "--kind", "commanded", "--json")).stdout.json;
  expect(one).toMatchObject({ line: 7, ms: 2.5, peers: ["1"], protocol: "feed", kind: "commanded", text: simulated[6] });
  const steps = (await trace(written(live()), "--protocol", "feed")).stdout.lines;
  expect(steps.slice(0, 3)).toEqual([
    expect.stringContaining("flushed -> write*20"),
    '    input {"kind":"flushed"}',
    '    effect {"kind":"write"}',
  ]);
  expect((await trace(written(live()), "--kind", "fork", "--peer", id("c"))).stdout.lines).toHaveLength(2);
});

test.each([
  ["simulator", simulated, "2.0 │←── want fork ──│"],
  ["wire", wire, "1.3 │── want-fork ──→│"],
  ["live", live(), "12.5 │←── want fork ──│"],
] as const)("a diagram of a %s trace: a column a peer, time downwards", async (_, lines, row) => {
  const squeezed = (text: string) => text.replace(/─+/g, "─").replace(/ +/g, " ").trim();
  const { code, stdout } = await trace(written(lines), "--diagram");
  expect(code).toBe(0);
  expect(stdout.text).toMatch(/^ +peer 0 +peer 1$/m);
  expect(stdout.lines.map(squeezed)).toContainEqual(expect.stringContaining(squeezed(row)));
  const few = await trace(written(lines), "--diagram", "--rows", "1");
  expect(few.stdout.text).toContain(" before that");
});

test("in what the simulator notes a peer is found by its id as by its number", async () => {
  const file = written(simulated);
  const ofOne = (await trace(file, "--peer", "1")).stdout.lines;
  expect(ofOne).toEqual(simulated.filter((_, at) => at !== 0));
  for (const asked of ["bbbb", id("b").slice(0, 8), id("b")]) expect((await trace(file, "--peer", asked)).stdout.lines).toEqual(ofOne);
  for (const asked of ["bbb", "bbbc"]) expect((await trace(file, "--peer", asked)).stdout.lines).toEqual([]);
});

test.each([
  [["--protocol", "sync"], simulated],
  [["--kind", "want fork"], simulated],
  [["--from", "1", "--grep", "opened|cut|want"], simulated],
  // What a peer is called may be said last.
  [
    ["--from", "1", "--grep", "opened|cut|want"],
    [...simulated.slice(2), "5000 peer 0 boot 2 as aaaaaaaa", "5000 peer 1 boot 2 as bbbbbbbb"],
  ],
])("a diagram of what passes %j has one column a peer", async (flags, lines) => {
  const { stdout } = await trace(written(lines), "--diagram", ...flags);
  expect(stdout.lines[0]?.trim().split(/ {2,}/)).toEqual(["peer 0", "peer 1"]);
  expect(stdout.text).toMatch(/ 2\.0 +│←─+ want fork ─+│$/m);
});

test("of a long trace of the simulator, peers keep their names when the lines that told them are left out", async () => {
  const many = Array.from({ length: 2 * traceDiagramLinesMax }, () => simulated[5] as string);
  const { stdout } = await trace(written([...simulated.slice(0, 2), ...many]), "--diagram");
  expect(stdout.lines[0]).toBe(`${traceDiagramLinesMax} lines before these are left out`);
  expect(stdout.lines[1]?.trim().split(/ {2,}/)).toEqual(["peer 0", "peer 1"]);
});

test("of a long trace a diagram has the end, and says what it leaves out", async () => {
  const frame = (at: number) => `${at} 1 got 0 control ping 9 #00`;
  const count = 2 * traceDiagramLinesMax + 5;
  const { stdout } = await trace(written(["0 settings {}", ...Array.from({ length: count }, (_, at) => frame(at))]), "--diagram");
  expect(stdout.lines[0]).toBe(`${traceDiagramLinesMax} lines before these are left out`);
  expect(stdout.text).toContain("ping");
});

test("standard input is read as well, and a last line that is cut is said, not thrown", async () => {
  const { code, stdout, stderr } = await finish(setting, ["trace", "-", "--json"], (session) => {
    for (const part of [wire.slice(0, 4).join("\n").slice(0, 30), wire.slice(0, 4).join("\n").slice(30, -9)]) session.stdin.feed(part);
    session.stdin.end();
  });
  expect(code).toBe(0);
  expect(stdout.json[0]).toMatchObject({ form: "wire", entries: 3, cut: true });
  expect(stderr).toContain("line 4, the last one, has no end");
});

test("a trace of any length takes no more memory than its lines, and is called off at once", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const [pieces, pieceLines] = [40, 2_000];
  const lines = Buffer.from(`${simulated[4]}\n`.repeat(pieceLines));
  let most = 0;
  const { code, stdout } = await finish(setting, ["trace", "-", "--json"], (session) => {
    const endless = async function* () {
      const before = process.memoryUsage().arrayBuffers;
      for (let piece = 0; piece < pieces; piece++) {
        yield Buffer.from(lines);
        collect();
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    };
    session.stdin[Symbol.asyncIterator] = endless;
  });
  expect(code).toBe(0);
  expect(stdout.json[0]).toMatchObject({ entries: pieces * pieceLines });
  expect(most).toBeLessThan(8 * lines.length);

  const stopped = start(setting, ["trace", "-"]);
  stopped.stdin.feed(`${simulated[0]}\n`);
  await vi.waitFor(() => expect(stopped.stdin.waiting).toBe(0));
  stopped.interrupt();
  expect(await stopped.done).toBe(1);
  expect(stopped.stderr.text).toContain("interrupted");
});

test("what is no trace, a damaged one, an empty one, a wrong flag: each is told, and where", async () => {
  const broken = await trace(written([...wire.slice(0, 4), "1 0 sent 1 control held many #00", ...wire.slice(4)]));
  expect([broken.code, broken.stdout.text]).toEqual([1, ""]);
  expect(broken.stderr).toContain("line 5: it is none of a wire trace");
  expect((await trace(written(["Dear reader"]))).stderr).toContain("line 1: it is of none of the forms");
  expect((await trace(written([]), "--json")).stderr).toContain("line 1");
  writeFileSync(join(dir, "empty"), "");
  expect((await trace(join(dir, "empty"))).stderr).toContain("the trace is empty");
  for (const [file, code] of [
    [join(dir, "none"), "ENOENT"],
    [dir, "EISDIR"],
  ] as const) {
    const missing = await trace(file);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining(`sinter: ${file} cannot be read (${code}). Name a trace`)]);
  }
  const wrong = [
    ["--grep", "("],
    ["--from", "soon"],
    ["--rows", "3"],
    ["--diagram", "--json"],
  ];
  for (const flags of wrong) expect((await trace(written(wire), ...flags)).code).toBe(2);
});
