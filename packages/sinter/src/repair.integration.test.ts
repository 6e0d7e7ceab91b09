import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableRange } from "@sinter/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LmdbStore } from "./lmdb-store.js";
import { open } from "./open.js";
import { repair } from "./repair.js";
import { dataFileName } from "./store-lock.js";

const EVENTS = 500;
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "repair-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

async function filled(): Promise<void> {
  await using peer = await open({ dir, control: "none" });
  for (const subject of ["team/notes", "team/votes"]) {
    await peer.append(
      subject,
      Array.from({ length: EVENTS }, () => ({ payload: new Uint8Array(40) })),
    );
  }
  await peer.status();
}

async function hurt(...ranges: ReturnType<typeof tableRange>[]): Promise<void> {
  const store = new LmdbStore(join(dir, dataFileName));
  const keys = ranges.flatMap((range) => [...store.keys.range(range)].map(([key]) => key));
  expect(keys.length).toBeGreaterThan(0);
  await new Promise<void>((done) =>
    store.commit(
      keys.map((key) => [key, undefined]),
      () => done(),
    ),
  );
  await store.close();
}

async function report(): Promise<{ readonly ok: boolean; readonly root: string; readonly events: number }> {
  await using peer = await open({ dir, control: "none" });
  const { root, subjects } = await peer.status();
  const { ok } = await peer.audit();
  return { ok, root, events: subjects.reduce((sum, { events }) => sum + events, 0) };
}

test("tables that follow from others come back, the root is what it was, and every event is there", async () => {
  await filled();
  const before = await report();
  await hurt(tableRange("path"), tableRange("mmr"), tableRange("trie"), tableRange("laneNumber"));

  const { mended } = await repair({ dir });

  expect(new Set(mended.map(({ what }) => what))).toEqual(new Set(["path", "proof", "frontier", "laneNumber"]));
  expect(await report()).toEqual({ ...before, ok: true, events: 2 * EVENTS });
  expect((await repair({ dir })).mended).toEqual([]);
});

test("a store in use is refused, and one that is not there is not made", async () => {
  await filled();
  const peer = await open({ dir, control: "none" });
  await expect(repair({ dir })).rejects.toMatchObject({ code: "in-use" });
  await peer.close();

  const nowhere = join(dir, "nowhere");
  await expect(repair({ dir: nowhere })).rejects.toMatchObject({ code: "no-store" });
  expect(existsSync(nowhere)).toBe(false);
});

test("called off, it stops, and what it mended stays mended", async () => {
  await filled();
  await hurt(tableRange("path"));
  await expect(repair({ dir, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  await repair({ dir });
  expect(await report()).toMatchObject({ ok: true, events: 2 * EVENTS });
});
