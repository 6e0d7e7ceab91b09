import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { controlPathBytesMax } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { claimSocketPath, findSocketPath, releaseSocketPath } from "./socket-place.js";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "place-"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

function deep(): string {
  const path = join(dir, "d".repeat(controlPathBytesMax));
  mkdirSync(path);
  return path;
}

test("a socket lies in its store, and what a dead holder left there is cleared away", async () => {
  writeFileSync(join(dir, "control.sock"), "");
  expect(await claimSocketPath(dir)).toBe(join(dir, "control.sock"));
  expect(readdirSync(dir)).toEqual([]);
  expect(await findSocketPath(dir)).toBe(join(dir, "control.sock"));
});

test("where that path is too long, a record in the store leads to a directory of its own", async () => {
  const store = deep();
  const far = await claimSocketPath(store);
  expect(await findSocketPath(store)).toBe(far);
  expect(readFileSync(join(store, "control.path"), "utf8")).toBe(far);
  await releaseSocketPath(store);
  expect([existsSync(dirname(far)), readdirSync(store)]).toEqual([false, []]);
});

test("a record that names anything else is not followed into removing it", async () => {
  const precious = join(dir, "precious");
  mkdirSync(precious);
  writeFileSync(join(precious, "control.sock"), "");
  const store = deep();
  writeFileSync(join(store, "control.path"), join(precious, "control.sock"));
  await releaseSocketPath(store);
  expect(readdirSync(precious)).toEqual(["control.sock"]);
  writeFileSync(join(store, "control.path"), "nonsense");
  expect(await findSocketPath(store)).toBe(join(store, "control.sock"));
});

test("where no path is short enough it says how to get one, and leaves nothing behind", async () => {
  const store = deep();
  vi.stubEnv("TMPDIR", store);
  await expect(claimSocketPath(store)).rejects.toMatchObject({ code: "usage", fix: expect.stringContaining("TMPDIR") });
  expect(readdirSync(store)).toEqual([]);
});
