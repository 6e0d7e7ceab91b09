import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compareRuns } from "./compare.js";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

const summary = [
  "Nodes: 5",
  "Duration: 1m0s",
  "Sync interval: 7s",
  "Write interval: 3s",
  "HB: 750ms",
  "Suspect: 2.25s",
  "Delta max: 65536",
  "Chaos: loss=0.10 dup=0.05 reorder=0.125 delay=0s jitter=20ms",
  "Delta window: 1  Retrans timeout: 2s",
  "SyncLatency(s): mean=0.300000 stdev=0.100000 samples=3 left_out=4",
  "Convergence(s): 1.500000",
  "",
].join("\n");
const rounds = "node,latency_seconds,reason\nN00,0.200000,root_equal\nN01,0.400000,caught_up\nN00,0.300000,no_diff\n";

function folder(name: string, texts: { readonly summary?: string; readonly rounds?: string } = {}): string {
  const path = join(dir, name);
  mkdirSync(path);
  writeFileSync(join(path, "summary.txt"), texts.summary ?? summary);
  writeFileSync(join(path, "sync_rounds.csv"), texts.rounds ?? rounds);
  return path;
}

test("a run is a row: what it was made of, what its summary says, and percentiles of its rounds", async () => {
  const none = {
    summary: summary
      .replace("mean=0.300000 stdev=0.100000 samples=3 left_out=4", "mean=n/a stdev=n/a samples=0")
      .replace("1.500000", "n/a"),
  };
  const runs = [
    folder("part", { summary: `${summary}Called off: after 4s of 1m0s\n` }),
    folder('a "b", c'),
    folder("none", { ...none, rounds: "node,latency_seconds,reason\n" }),
  ];
  const out = join(dir, "all.csv");
  await compareRuns(runs, { out, report: join(dir, "all.html") });
  expect(readFileSync(out, "utf8").split("\n")).toEqual([
    "run_dir,nodes,duration,sync_interval,write_interval,hb,suspect,delta_max,loss,dup,reorder,delay,jitter,delta_window,retrans_timeout,mean_latency,stdev_latency,samples,convergence_s,p50,p95,p99,samples_csv,label,topology,seed,reconciler",
    `${dir}/part,5,1m0s,7s,3s,750ms,2.25s,65536,0.10,0.05,0.125,0s,20ms,1,2s,0.300000,0.100000,3,1.500000,0.300000,0.390000,0.398000,3,nodes=5 loss=0.10 reorder=0.125 called off,,,`,
    `"${dir}/a ""b"", c",5,1m0s,7s,3s,750ms,2.25s,65536,0.10,0.05,0.125,0s,20ms,1,2s,0.300000,0.100000,3,1.500000,0.300000,0.390000,0.398000,3,nodes=5 loss=0.10 reorder=0.125,,,`,
    `${dir}/none,5,1m0s,7s,3s,750ms,2.25s,65536,0.10,0.05,0.125,0s,20ms,1,2s,,,0,,,,,0,nodes=5 loss=0.10 reorder=0.125,,,`,
    "",
  ]);
  expect(readFileSync(join(dir, "all.html"), "utf8")).toContain("Never, or not known: 3.");
});

test("what a run was made of stands behind all else; a run of before says none of it", async () => {
  const made = `${summary}Topology: random:3  Seed: 4711  Reconciler: sketch\nCalled off: after 4s of 1m0s\n`;
  const out = join(dir, "all.csv");
  await compareRuns([folder("now", { summary: made }), folder("before")], { out, report: join(dir, "all.html") });
  const rows = readFileSync(out, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(",").slice(-4));
  expect(rows).toEqual([
    ["label", "topology", "seed", "reconciler"],
    ["nodes=5 loss=0.10 reorder=0.125 called off", "random:3", "4711", "sketch"],
    ["nodes=5 loss=0.10 reorder=0.125", "", "", ""],
  ]);
  expect(readFileSync(join(dir, "all.html"), "utf8")).toContain("<td>random:3</td><td>4711</td><td>sketch</td>");
});

test("a folder that is none is told of by what is wrong with it", async () => {
  const out = join(dir, "all.csv");
  const wrong: [string, RegExp][] = [
    [folder("one", { summary: summary.replace("HB: 750ms\n", "") }), /one is no folder of a run: summary\.txt has no line "HB: …"/],
    [folder("two", { summary: summary.replace("1.500000", "soon") }), /summary\.txt has no line "Convergence\(s\): …" of the right shape/],
    [folder("three", { rounds: "a,b\n" }), /sync_rounds\.csv does not begin with node,latency_seconds,reason/],
    [folder("four", { rounds: `${rounds}N00,-1,root_equal\n` }), /line 5 of sync_rounds\.csv is no round/],
  ];
  for (const [run, message] of wrong) await expect(compareRuns([run], { out })).rejects.toThrow(message);
  await expect(compareRuns([folder("five")], { out: join(dir, "no", "all.csv") })).rejects.toThrow(/all\.csv cannot be written \(ENOENT\)/);
});
