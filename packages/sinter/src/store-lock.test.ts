import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { lockFileName, startOf } from "./lock-file.js";
import { dataFileName, holderFileName, lockStore, readHolder } from "./store-lock.js";

const linux = process.platform === "linux";
const ways = linux ? (["socket", "file"] as const) : (["file"] as const);
if (!linux) console.log("the way by socket is not tested: abstract sockets are Linux's");

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-lock-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function refusal(dir: string, way: "socket" | "file"): Promise<SinterError> {
  const error = await lockStore(dir, { what: "second", way }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SinterError);
  return error as SinterError;
}

/** Another process that has the lock of `dir`, by the same name or file, but by code of its own. */
async function otherHolder(dir: string, way: "socket" | "file"): Promise<ChildProcess> {
  writeFileSync(join(dir, dataFileName), "");
  const { dev, ino } = statSync(join(dir, dataFileName), { bigint: true });
  const source = `
    const holder = { pid: process.pid, what: "sinter up", since: "2026-01-01T00:00:00.000Z" };
    require("fs").writeFileSync(${JSON.stringify(join(dir, holderFileName))}, JSON.stringify(holder));
    require("net").createServer().listen({ path: ${JSON.stringify(way === "socket" ? `\0sinter-store-${dev}-${ino}` : `\0sinter-test-${ino}`)} }, () => console.log("held"));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", source], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  if (way === "file") writeFileSync(join(dir, lockFileName), JSON.stringify({ pid: child.pid, started: startOf(child.pid as number) }));
  return child;
}

for (const way of ways) {
  test(`by ${way}: the second is refused with the name of the first, until it lets go`, async () => {
    const dir = join(freshDir(), "deep", "data");
    const first = await lockStore(dir, { what: "sinter up", way });
    expect(first.dataFile).toBe(join(dir, dataFileName));
    expect(statSync(first.dataFile).size).toBe(0);
    const error = await refusal(dir, way);
    expect(error.code).toBe("in-use");
    expect(error.message).toMatch(new RegExp(`^store ${dir} is in use by process ${process.pid} \\(sinter up, since 20\\d\\d-.*Z\\)$`));
    expect(error.fix).toContain(String(process.pid));
    expect(readHolder(dir)?.what).toBe("sinter up");
    await Promise.all([first.release(), first.release()]);
    expect(readdirSync(dir)).toEqual([dataFileName]);
    await (await lockStore(dir, { what: "next", way })).release();
  });

  test(`by ${way}: a second process is refused, and kill -9 of the first leaves the way free`, async () => {
    const dir = freshDir();
    const child = await otherHolder(dir, way);
    const error = await refusal(dir, way);
    expect(error.message).toContain(`process ${child.pid} (sinter up, since 2026-01-01T00:00:00.000Z)`);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    const lock = await lockStore(dir, { what: "next", way });
    expect(readHolder(dir)?.pid).toBe(process.pid);
    await lock.release();
  });

  test(`by ${way}: of many at once, one gets it`, async () => {
    const dir = freshDir();
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockStore(dir, { what: "racer", way })));
    const got = results.filter((result) => result.status === "fulfilled");
    expect(got.length).toBe(1);
    await got[0]?.value.release();
  });
}

test("a lock file of a process that is gone, or whose number is another's now, is taken over", async () => {
  const dir = freshDir();
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  const stale = [
    JSON.stringify({ pid: child.pid, started: "long ago" }),
    JSON.stringify({ pid: process.pid, started: "long ago" }),
    "{",
    "",
  ];
  for (const text of stale) {
    writeFileSync(join(dir, lockFileName), text);
    const lock = await lockStore(dir, { what: "next", way: "file" });
    await lock.release();
    expect(existsSync(join(dir, lockFileName))).toBe(false);
  }
});

test("a holder that left no name is still a holder", async () => {
  const dir = freshDir();
  const first = await lockStore(dir, { what: "sinter up", way: "file" });
  writeFileSync(join(dir, holderFileName), "no JSON");
  expect((await refusal(dir, "file")).message).toContain("in use by another process");
  await first.release();
});

test("a place where no directory can be is an error that says so", async () => {
  const dir = freshDir();
  writeFileSync(join(dir, "file"), "");
  const error = await refusal(join(dir, "file", "data"), "file");
  expect(error.code).toBe("no-store");
  expect(error.message).toContain(join(dir, "file", "data"));
});

test("a directory that cannot be made is said so, also where the file system denies its own parent", async () => {
  const file = join(freshDir(), "file");
  writeFileSync(file, "not a folder");
  // Not every system has /proc; where it is, it refuses new folders with an error that Node's recursive mkdir takes for a missing parent.
  const dirs = [file, join(file, "below"), ...(existsSync("/proc/self") ? ["/proc/sinter"] : [])];
  for (const dir of dirs) {
    await expect(lockStore(dir, { what: "a test" })).rejects.toMatchObject({ code: expect.stringMatching(/no-store|permission/) });
  }
});

test("folders above the store are made as well", async () => {
  const lock = await lockStore(join(freshDir(), "a", "b", "c"), { what: "a test" });
  expect(existsSync(lock.dataFile)).toBe(true);
  await lock.release();
});
