import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { simReport } from "@sinter/simulator";
import { afterEach, beforeEach, expect, type TestContext, test } from "vitest";
import { sampleRecord } from "../../../simulator/src/report/sample-record.suite.js";
import { finish } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

// Pages that runs leave, in a browser as people have one.

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
});

afterEach(() => rmSync(dir, { recursive: true, maxRetries: 5 }));

function browser(context: TestContext): string {
  const found = ["chromium", "chromium-browser"].find((name) => spawnSync(name, ["--version"]).status === 0);
  return found ?? context.skip("there is no chromium here: apt-get install chromium");
}

async function chromium(name: string, ...argv: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const home = join(dir, "home");
  mkdirSync(home, { recursive: true });
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    `--user-data-dir=${home}`,
    "--enable-logging=stderr",
    "--virtual-time-budget=2000",
  ];
  return await promisify(execFile)(name, [...flags, ...argv], { timeout: 90_000, maxBuffer: 64 * 1024 * 1024 });
}

/** The page, and a script of this test that writes down what the browser made of it. */
function measured(page: string): string {
  const path = join(dir, "measured.html");
  const script = `
    const errors = [];
    addEventListener("error", (event) => errors.push(String(event.message)));
    addEventListener("load", () => {
      const plots = [...document.querySelectorAll("svg[data-plot]")].map((svg) => {
        const box = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll("text")].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
        const overlaps = texts.flatMap((one, at) => texts.slice(at + 1).filter(({ box: other }) =>
          one.box.left < other.right - 1 && other.left < one.box.right - 1 && one.box.top < other.bottom - 1 && other.top < one.box.bottom - 1
          && Math.min(one.box.bottom, other.bottom) - Math.max(one.box.top, other.top) > 0.4 * Math.min(one.box.height, other.height)
        ).map((other) => one.text + " / " + other.text));
        const outside = texts.filter((each) => each.box.left < box.left - 1 || each.box.right > box.right + 1 || each.box.bottom > box.bottom + 1);
        return { name: svg.dataset.plot, width: box.width, height: box.height, label: svg.querySelector("title").textContent,
          drawn: [...svg.querySelectorAll("path,rect")].filter((each) => each.getBBox().width + each.getBBox().height > 0).length,
          overlaps, outside: outside.map(({ text }) => text) };
      });
      const seen = { errors, plots, wide: document.documentElement.scrollWidth - innerWidth, loaded: performance.getEntriesByType("resource").length };
      const pre = document.createElement("pre");
      pre.id = "measured";
      pre.textContent = JSON.stringify(seen);
      document.body.append(pre);
    });`;
  writeFileSync(path, readFileSync(page, "utf8").replace("<head>", `<head><script>${script}</script>`));
  return pathToFileURL(path).href;
}

interface Measured {
  readonly errors: readonly string[];
  readonly wide: number;
  readonly loaded: number;
  readonly plots: readonly {
    readonly name: string;
    readonly label: string;
    readonly width: number;
    readonly height: number;
    readonly drawn: number;
    readonly overlaps: readonly string[];
    readonly outside: readonly string[];
  }[];
}

async function look(name: string, page: string, width: number): Promise<Measured> {
  const { stdout, stderr } = await chromium(name, `--window-size=${width},1200`, "--dump-dom", measured(page));
  expect(stderr).not.toMatch(/CONSOLE/);
  return measuresIn(stdout);
}

function measuresIn(dom: string): Measured {
  const text = /<pre id="measured">([^<]*)<\/pre>/.exec(dom)?.[1] ?? "";
  return JSON.parse(text.replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&")) as Measured;
}

async function run(out: string, ...argv: readonly string[]): Promise<string> {
  await finish({ stores: new MemoryStores(), env: {} }, ["sim", "--virtual", "--out", out, ...argv]);
  return out;
}

const runs: readonly (readonly [number, readonly string[]])[] = [
  [5, []],
  [20, ["--failure-period", "4s", "--recovery-delay", "3s", "--loss", "0.05", "--jitter", "20ms"]],
  [220, ["--topology", "random:3", "--write-interval", "0s"]],
];
const brief = ["--duration", "14s", "--stop-writes-at", "7s", "--quiesce-last", "5s", "--seed", "3"];

function expectSound({ errors, wide, loaded, plots }: Measured): void {
  expect([errors, loaded, wide <= 0]).toEqual([[], 0, true]);
  for (const plot of plots) {
    expect(plot).toMatchObject({ overlaps: [], outside: [] });
    expect([plot.width > 300, plot.height > 60, plot.drawn > 3, plot.label !== ""]).toEqual([true, true, true, true]);
  }
}

test.for(runs)("%i peers: every plot is there, has a size, and no text lies over another", async ([peers, more], context) => {
  const name = browser(context);
  const out = await run(join(dir, "out"), "--nodes", String(peers), ...brief, ...more);
  for (const width of [1_500, 700]) {
    const measures = await look(name, join(out, "report.html"), width);
    expectSound(measures);
    expect(measures.plots.map((plot) => plot.name)).toEqual(["roots", "lag", "latency", "traffic", "links"]);
  }
});

test("a page of a thousand peers is as sound", async (context) => {
  const name = browser(context);
  const page = join(dir, "report.html");
  writeFileSync(page, simReport(sampleRecord(1_000)));
  expectSound(await look(name, page, 1_500));
});

test("a comparison of runs is as sound, and a picture can be taken of it", async (context) => {
  const name = browser(context);
  const outs: string[] = [];
  for (const peers of ["2", "4", "6"]) outs.push(await run(join(dir, peers), "--nodes", peers, ...brief));
  const page = join(dir, "all.html");
  await finish({ stores: new MemoryStores(), env: {} }, ["sim", "compare", ...outs, "--out", join(dir, "all.csv"), "--report", page]);
  const measures = await look(name, page, 1_500);
  expectSound(measures);
  expect(measures.plots.map((plot) => plot.name)).toEqual(["convergence", "percentiles"]);
  const shot = join(dir, "shot.png");
  await chromium(name, "--window-size=1500,1000", `--screenshot=${shot}`, pathToFileURL(page).href);
  expect(readFileSync(shot).subarray(1, 4).toString()).toBe("PNG");
  expect(statSync(shot).size).toBeGreaterThan(10_000);
});

test("a page that has a fault in it would be found", async (context) => {
  const name = browser(context);
  const page = join(dir, "bad.html");
  writeFileSync(
    page,
    '<html><head></head><body><script>missing()</script><svg data-plot="roots" width="400" height="100"><title>t</title><text x="9" y="50">one</text><text x="12" y="50">two</text><text x="-90" y="90">out</text></svg></body></html>',
  );
  const { stdout } = await chromium(name, "--window-size=1500,1000", "--dump-dom", measured(page));
  const { errors, plots } = measuresIn(stdout);
  expect([errors, plots[0]?.overlaps, plots[0]?.outside]).toEqual([
    [expect.stringContaining("missing is not defined")],
    ["one / two"],
    ["out"],
  ]);
});
