import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { linesOf } from "./campaign-log.js";

// The program as it is run, with few seeds.

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** `until`: once that is said, it and all that it began are told to stop, as a terminal and `timeout` do it. */
interface Stopped {
  readonly until: RegExp;
  readonly signal: "SIGINT" | "SIGTERM";
  /** Of who is impatient: again and again. */
  readonly everyMs?: number;
}

async function seeds(
  args: readonly string[],
  { edit = "", stopped }: { readonly edit?: string; readonly stopped?: Stopped } = {},
): Promise<Ended> {
  const env = { ...process.env, SINTER_MUTANT_EDIT: edit, NO_COLOR: "1" };
  const child = spawn(process.execPath, ["scripts/run.mjs", "scripts/seeds.ts", ...args], { cwd: root, env, detached: true });
  const stop = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid as number), signal);
    } catch (error) {
      // All of them have ended.
      expect(error).toMatchObject({ code: "ESRCH" });
    }
  };
  onTestFinished(() => stop("SIGKILL"));
  let output = "";
  const again = (signal: NodeJS.Signals, interval: number): Promise<unknown> =>
    vi.waitUntil(
      () => {
        stop(signal);
        return child.exitCode !== null;
      },
      { interval, timeout: 60_000 },
    );
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      const before = stopped?.until.test(output);
      output += chunk;
      if (stopped === undefined || before || !stopped.until.test(output)) return;
      stop(stopped.signal);
      if (stopped.everyMs !== undefined) void again(stopped.signal, stopped.everyMs);
    });
  // Processes that it began have the same output: it is closed once all of them are gone.
  return await new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "sinter-seeds-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const flushSkipped = JSON.stringify({
  file: "packages/simulator/src/virtual-store.ts",
  find: "    this.#sync();\n  }\n\n  /** One sync at a time",
  replace: "    this.#flushed(this.#disk.writes);\n  }\n\n  /** One sync at a time",
});

/** Says when a seed begins, and what it does then. */
const toldOf = (more: string): string =>
  JSON.stringify({
    file: "packages/simulator/src/campaign/families.ts",
    find: "      const { faults, ...result } = runFeeds(options);",
    replace: `      console.error("a seed begins");${more}\n      const { faults, ...result } = runFeeds(options);`,
  });

test("seeds that pass are told by family, with what befell them", async () => {
  const into = folder();
  const { code, output } = await seeds(["--runs", "6", "--seed", "1", "--share", "feeds=2,power-cuts=1", "--jobs", "2", "--into", into]);
  expect(output).toContain("6 passed, 0 failed");
  expect(code).toBe(0);
  expect(output).toMatch(/^families: feeds [345] \(\d+ ms each\), power-cuts [123] \(\d+ ms each\)$/m);
  expect(output).toMatch(/^faults in feeds: .*flipped bit [345]/m);
  expect(linesOf(join(into, "campaign.log"))).toEqual([]);
});

test("a seed that fails is told and kept, the others go on, and the end is a failure", async () => {
  const into = folder();
  const args = ["--runs", "3", "--seed", "1", "--family", "power-cuts", "--jobs", "1", "--into", into];
  const { code, output } = await seeds(args, { edit: flushSkipped });
  expect(code, output).toBe(1);
  expect(output).toContain("seed 1 (power-cuts) failed; again: npm run test:seeds -- --runs 1 --seed 1 --family power-cuts");
  expect(output).toContain("acknowledged events, and no such lane");
  expect(output).toMatch(/[0-2] passed, [1-3] failed/);
  const about = readFileSync(join(into, "power-cuts-1", "again.txt"), "utf8");
  expect(about).toContain("--seed 1 --family power-cuts");
  expect(about).toContain("acknowledged events, and no such lane");
  expect(existsSync(join(into, "power-cuts-1", "trace"))).toBe(true);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "a campaign that is stopped by %s lets its seeds end, prints its sums, and leaves a line",
  async (signal) => {
    const into = folder();
    const args = ["--hours", "1", "--family", "feeds", "--jobs", "1", "--into", into];
    const { code, output } = await seeds(args, { stopped: { until: /a seed begins/, signal }, edit: toldOf("") });
    expect(code, output).toBe(0);
    expect(output).toMatch(/\d+ passed, 0 failed/);
    const [line] = linesOf(join(into, "campaign.log"));
    expect(line).toMatchObject({ from: 1, failed: [] });
    expect(line?.seeds).toBe(line?.families["feeds"]);
  },
);

test("who stops it once more ends it at once, and a seed that hangs with it", async () => {
  const args = ["--runs", "1", "--seed", "1", "--family", "feeds", "--jobs", "1", "--into", folder()];
  const stopped = { until: /a seed begins/, signal: "SIGINT", everyMs: 200 } as const;
  const { code } = await seeds(args, { edit: toldOf(" for (;;);"), stopped });
  expect(code).toBe(130);
});

test("what cannot be meant is refused, with what is wrong", async () => {
  const { code, output } = await seeds(["--family", "sync", "--share", "feeds=1"]);
  expect(output).toContain("give one of them");
  expect(code).toBe(2);
});
