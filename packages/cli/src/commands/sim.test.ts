import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  setting = { stores: new MemoryStores(), env: {} };
});

afterEach(() => rmSync(dir, { recursive: true }));

const short = [
  "--virtual",
  "--nodes",
  "3",
  "--duration",
  "6s",
  "--stop-writes-at",
  "3s",
  "--quiesce-last",
  "2s",
  "--write-interval",
  "500ms",
];
const deaf = ["--virtual", "--nodes", "3", "--duration", "4s", "--stop-writes-at", "1500ms", "--quiesce-last", "1s", "--loss", "0.99"];
const sim = (out: string, ...argv: string[]) => ["sim", ...argv, "--out", join(dir, out)];
const files = ["bytes_by_msg.csv", "chunk_rtts.csv", "chunks.csv", "report.html", "roots.csv", "summary.txt", "sync_rounds.csv"];

test("a run leaves its tables, its summary and its page, prints the summary and exits 0", async () => {
  const { code, stdout, stderr } = await finish(setting, sim("out", ...short, "--seed", "7"), (session) => (session.stderr.isTTY = true));
  expect([code, readdirSync(join(dir, "out")).sort()]).toEqual([0, files]);
  const summary = readFileSync(join(dir, "out", "summary.txt"), "utf8");
  expect(stdout.text.startsWith(summary)).toBe(true);
  expect(stdout.lines.slice(-2)).toEqual([
    expect.stringMatching(/^seed 7: converged [\d.]+ s after writes stopped, \d+ writes, 0 violations$/),
    `See ${join(dir, "out", "report.html")}`,
  ]);
  expect(stderr).toMatch(/seed 7: 5 of 6 s, 3 peers, \d+ writes, 1 root\b/);
  expect(readFileSync(join(dir, "out", "report.html"), "utf8")).toContain("<h1>Sinter simulation: 3 peers, seed 7: converged</h1>");
});

test("with seeds there is an object and a folder for each, and one seed is one run", async () => {
  const several = await finish(setting, sim("out", ...short, "--seeds", "4..6", "--json"));
  expect([several.code, several.stderr, readdirSync(join(dir, "out")).sort()]).toEqual([0, "", ["seed-4", "seed-5", "seed-6"]]);
  expect(several.stdout.json.map((each) => Object.keys(each))).toEqual(
    Array.from({ length: 3 }, () => ["seed", "converged", "convergenceMs", "violations", "traceHash", "events", "faults"]),
  );
  expect(several.stdout.json).toMatchObject([4, 5, 6].map((seed) => ({ seed, converged: true, violations: [] })));
  const [again] = (await finish(setting, sim("again", ...short, "--seed", "5", "--json"))).stdout.json;
  expect(again).toEqual(several.stdout.json[1]);
  for (const name of files)
    expect(readFileSync(join(dir, "again", name), "utf8")).toBe(readFileSync(join(dir, "out", "seed-5", name), "utf8"));
});

test("a run that does not converge exits 1, says why, and is made smaller when asked", async () => {
  const { code, stdout } = await finish(
    { ...setting, env: { SINTER_COMMAND: "./sinter" } },
    sim("out", ...deaf, "--shrink", "--keys", "A,B"),
  );
  expect(code).toBe(1);
  expect(stdout.lines.find((line) => line.startsWith("seed 1: "))).toMatch(/^seed 1: did not converge, \d+ writes?, \d+ violations?$/);
  expect(stdout.lines).toContainEqual(
    expect.stringMatching(/^violation: at the end there are \d roots: it may be that a longer --quiesce-last is needed$/),
  );
  const last = stdout.lines.at(-1) ?? "";
  expect(last).toMatch(
    /^the smallest that still fails, of \d+ runs tried: \.\/sinter sim --virtual --seed 1 --nodes 2 .*--loss 0\.99.* --keys A$/,
  );
  // What it says fails when it is given.
  const said = last.slice(last.indexOf(" sim ") + 5).split(" ");
  const smaller = await finish(setting, sim("smaller", ...said, "--json"));
  expect([smaller.code, smaller.stdout.json]).toEqual([1, [expect.objectContaining({ seed: 1, converged: false, convergenceMs: null })]]);
});

test("an interrupted run writes down what was seen until then", async () => {
  const argv = sim("out", "--virtual", "--nodes", "3", "--duration", "24h", "--stop-writes-at", "0s", "--quiesce-last", "1s");
  const session = start(setting, argv, (prepared) => (prepared.stderr.isTTY = true));
  await vi.waitFor(() => expect(session.stderr.text).toMatch(/seed 1: \d+ of 86400 s/), { timeout: 60_000 });
  session.interrupt();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toContain("interrupted: what was seen until then is written down\n");
  expect(session.stdout.text).toMatch(/^seed 1: did not converge, \d+ writes?, 0 violations, called off$/m);
  expect(readdirSync(join(dir, "out")).sort()).toEqual(files);
  expect(readFileSync(join(dir, "out", "summary.txt"), "utf8")).toMatch(/\nCalled off: after \S+ of 24h0m0s\n$/);
  expect(readFileSync(join(dir, "out", "report.html"), "utf8")).toContain("called off, not converged until then</h1>");
});

test("events are printed while they happen, those of the kinds asked for; all frames go into a trace", async () => {
  const trace = join(dir, "trace.txt");
  const all = await finish(setting, sim("out", ...short, "--print-events", "--types", "put,sync,conn_change", "--trace", trace));
  const types = all.stdout.lines.map((line) => /^ *[\d.]+s (?:N\d\d)? *(\w+) /.exec(line)?.[1]).filter((type) => type !== undefined);
  expect(new Set(types)).toEqual(new Set(["put", "sync", "conn_change"]));
  const lines = readFileSync(trace, "utf8").trimEnd().split("\n");
  expect([lines[0], lines.at(-1)].map((line) => line?.split(" ")[1])).toEqual(["settings", "ended"]);
  expect(types.filter((type) => type === "put")).toHaveLength(lines.filter((line) => line.split(" ")[1] === "wrote").length);
});

test("what reads events no more ends the run", async () => {
  const endless = ["--virtual", "--seeds", "1..9", "--duration", "24h", "--stop-writes-at", "0s"];
  const argv = sim("out", ...endless, "--print-events", "--types", "all");
  const { code } = await finish(setting, argv, (session) => (session.stdout.mode = "gone"));
  expect([code, readdirSync(join(dir, "out"))]).toEqual([1, []]);
});

test("runs are put side by side", async () => {
  for (const seed of ["1", "2"]) await finish(setting, sim(`run-${seed}`, ...short, "--seed", seed));
  const [table, page] = [join(dir, "all.csv"), join(dir, "all.html")];
  const runs = ["run-1", "run-2"].map((name) => join(dir, name));
  const { code, stdout } = await finish(setting, ["sim", "compare", ...runs, "--out", table, "--report", page]);
  expect([code, stdout.lines]).toEqual([0, [`2 runs in ${table} and ${page}`]]);
  expect(
    readFileSync(table, "utf8")
      .split("\n")
      .map((line) => line.split(",")[0]),
  ).toEqual(["run_dir", ...runs, ""]);
  expect(readFileSync(page, "utf8")).toContain("2 runs compared");
});

test("what cannot be run is refused in one line, before anything is made", async () => {
  const file = join(dir, "file");
  writeFileSync(file, "");
  mkdirSync(join(dir, "empty"));
  const wrong: [string[], RegExp][] = [
    [["--nodes", "0"], /^sinter: --nodes cannot be: 0 is not from 1 to \d+\. Give another value; sinter sim --help/],
    [["--heartbeat", "5s"], /^sinter: --suspect-timeout cannot be: 2\.25s is no more than a heartbeat of 5s/],
    [["--duration", "7"], /A duration such as 750ms, 7s or 1m30s is expected/],
    [["--duration", "0.5ms"], /^sinter: --duration cannot be: 0\.5 is no whole number/],
    [["--duration", "5s", "--quiesce-last", "10s"], /^sinter: --quiesce-last cannot be: 10s is not from 0s to 5s\./],
    [["--loss", "2"], /A share from 0 to 1 is expected, such as 0\.1/],
    [["--loss", "1"], /^sinter: --loss cannot be: where all is lost nothing can be said/],
    [["--topology", "tree"], /^sinter: --topology tree is none\. Give ring, line, star, mesh or random:K/],
    [["--keys", "A,A"], /^sinter: --keys cannot be: one of them comes twice/],
    [["--descent", "true", "--reconciler", "sketch"], /^sinter: --descent and --reconciler both say/],
    [["--seeds", "5..4"], /Seeds from A to B are expected as A\.\.B/],
    [["--seed", "1", "--seeds", "1..2"], /^sinter: --seed and --seeds both say which seed it is\. Give one of them\.$/m],
    [["--shrink"], /^sinter: --shrink runs the same again, which real sockets do not\. Give --virtual too\.$/m],
    [["--virtual", "--base-port", "9100"], /^sinter: there are no ports with --virtual/],
    [["--nodes", "65"], /^sinter: 65 peers are more than the 64 that run on sockets of one process\. Give --virtual\.$/m],
    [["--base-port", "65533"], /^sinter: 5 peers from port 65533 on go beyond the last port/],
    [["--types", "put"], /^sinter: --types says what --print-events prints/],
    [["--virtual", "--print-events", "--types", "putt"], /^sinter: --types: putt is no kind of event\. Give some of send_root,/],
    [["--virtual", "--print-events", "--json"], /^sinter: --json prints one object a seed/],
    [["--virtual", "--seeds", "1..2", "--trace", "t"], /^sinter: --trace is of one run/],
  ];
  for (const [argv, message] of wrong) {
    const { code, stdout, stderr } = await finish(setting, sim("out", ...argv));
    expect([argv, code, stdout.text]).toEqual([argv, 2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.split("\n")).toHaveLength(2);
  }
  const elsewhere: [string[], RegExp][] = [
    [["sim", "--virtual", "--out", file], /^sinter: .*file cannot be written to \(EEXIST.*Name another folder with --out DIR\.$/m],
    [sim("out", "--virtual", "--trace", dir), /^sinter: .* cannot be written \(EISDIR\)\. Name another file with --trace FILE\.$/m],
    [["sim", "compare", dir], /^sinter: it is not said which file the table is\. Name it with --out FILE\.$/m],
    [["sim", "compare", join(dir, "empty"), "--out", file], /empty is no folder of a run: summary\.txt cannot be read \(ENOENT\)/],
  ];
  for (const [argv, message] of elsewhere) {
    const { code, stderr } = await finish(setting, argv);
    expect([argv, code]).toEqual([argv, 2]);
    expect(stderr).toMatch(message);
  }
});

test("a run that is shorter than the quiet there is by itself has a shorter one", async () => {
  const { code, stdout } = await finish(setting, sim("out", "--virtual", "--duration", "5s", "--json"));
  expect([code, stdout.json]).toEqual([0, [expect.objectContaining({ converged: true, violations: [] })]]);
});

test.skipIf(!existsSync("/dev/full"))("a trace that cannot be written ends the run, which says so", async () => {
  const argv = sim("out", "--virtual", "--duration", "24h", "--stop-writes-at", "0s", "--trace", "/dev/full");
  const { code, stdout, stderr } = await finish(setting, argv);
  expect([code, stdout.text, stderr]).toEqual([
    1,
    "",
    "sinter: the trace /dev/full cannot be written (ENOSPC), and the run was ended. Free some space, or name another file with --trace FILE.\n",
  ]);
});
