import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSegmentIndex, offeredRange, type Peer, type SegmentIndex, segmentFileName, tableRange, toHex } from "@sinter/core";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { createNodeHasher } from "./node-hasher.js";
import { open } from "./open.js";
import { freshDir } from "./open-stores.suite.js";
import { indexFileName } from "./segment-files.js";

let folder: string;
let archive: string;

beforeEach(() => {
  folder = freshDir();
  mkdirSync(folder);
  archive = join(folder, "archive");
});

async function opened(name: string, network = "net"): Promise<Peer> {
  const peer = await open({ dir: join(folder, name), network, control: "none" });
  onTestFinished(() => peer.close());
  return peer;
}

/** Some megabytes: more than one segment. */
async function grown(peer: Peer, subject: string, events: number): Promise<void> {
  for (let at = 0; at < events; at++) await peer.append(subject, [{ payload: new Uint8Array(1_000_000).fill(at) }]);
}

const indexIn = (dir: string) => decodeSegmentIndex(readFileSync(join(dir, indexFileName))) as SegmentIndex;
const namedIn = (dir: string) => indexIn(dir).lanes.flatMap(({ segments }) => segments.map(({ id }) => segmentFileName(id)));

/** Blocks, nodes and heads, under the lane's number, which is 0 in every store here. */
function laneBytes(peer: Peer): string[] {
  const entries = (["block", "mmr", "head"] as const).flatMap((table) => [...peer.view.keys.range(tableRange(table))]);
  return entries.map(([key, value]) => `${toHex(key)} ${Buffer.from(value).toString("base64")}`);
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as { code: string; message: string; fix: string },
  );

test("a subject goes to another store through a directory, and its lanes are the same bytes", async () => {
  const [a, b] = [await opened("a"), await opened("b")];
  await grown(a, "team/notes", 9);
  const report = await a.export("team/notes", archive);
  expect(report).toMatchObject({ dir: archive, network: "net", subject: "team/notes", feeds: 1, events: 9 });
  expect(report.segments).toEqual({ written: 3, kept: 0, removed: 0 });
  expect(readdirSync(archive).sort()).toEqual([...namedIn(archive), indexFileName].sort());
  for (const name of readdirSync(archive)) expect(statSync(join(archive, name)).mode & 0o777).toBe(0o600);
  const imported = await b.import(archive);
  expect(imported.feeds).toMatchObject([{ author: a.author, events: 9, held: 0, taken: 9, outcome: "taken" }]);
  expect(laneBytes(b)).toEqual(laneBytes(a));
  expect((await b.audit()).ok).toBe(true);
  expect((await b.import(join(archive, indexFileName))).feeds).toMatchObject([{ held: 9, taken: 0, outcome: "held" }]);
});

test("exported again, what is there is kept; grown, only the end is written, and what it grew out of goes", async () => {
  const a = await opened("a");
  await grown(a, "s", 6);
  await a.export("s", archive);
  const [full = "", last = ""] = namedIn(archive);
  const before = statSync(join(archive, full));
  expect((await a.export("s", archive)).segments).toEqual({ written: 0, kept: 2, removed: 0 });
  await grown(a, "s", 1);
  expect((await a.export("s", archive)).segments).toEqual({ written: 1, kept: 1, removed: 1 });
  expect(statSync(join(archive, full))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  expect(existsSync(join(archive, last))).toBe(false);
  expect(readdirSync(archive).sort()).toEqual([...namedIn(archive), indexFileName].sort());
});

test("a segment that is not what it is called any more is written anew", async () => {
  const a = await opened("a");
  await grown(a, "s", 1);
  await a.export("s", archive);
  const [name = ""] = namedIn(archive);
  const sound = readFileSync(join(archive, name));
  truncateSync(join(archive, name), 1_000);
  expect((await a.export("s", archive)).segments).toMatchObject({ written: 1, kept: 0 });
  expect(readFileSync(join(archive, name)).equals(sound)).toBe(true);
});

test("what an archive holds is not given up for less, and other things in a directory are let be", async () => {
  const [a, b] = [await opened("a"), await opened("b")];
  await grown(a, "s", 2);
  await b.append("s", [{ payload: new Uint8Array(1) }]);
  await a.export("s", archive);
  const before = readdirSync(archive);
  const refusal = await failure(b.export("s", archive));
  expect(refusal).toMatchObject({ code: "exists", fix: "Import it into this store first, or name another directory." });
  expect(refusal?.message).toContain(`2 events of author ${a.author.slice(0, 8)}, epoch 0, and this store 0 of them`);
  expect(readdirSync(archive)).toEqual(before);
  await b.import(archive);
  expect(await b.export("s", archive)).toMatchObject({ feeds: 2, events: 3, segments: { written: 1, kept: 1, removed: 0 } });

  await a.append("other", [{ payload: new Uint8Array(1) }]);
  expect(await failure(a.export("other", archive))).toMatchObject({
    code: "exists",
    message: expect.stringContaining("holds s of network net"),
  });
  expect(await failure(a.export("s", join(folder, "a")))).toMatchObject({
    code: "exists",
    message: expect.stringContaining("holds other things"),
  });
  expect(await failure(a.export("s", join(folder, "none", "below")))).toMatchObject({ code: "not-found" });
  writeFileSync(join(folder, "file"), "");
  expect(await failure(a.export("s", join(folder, "file")))).toMatchObject({ code: "exists" });
  expect(await failure(a.export("nothing", join(folder, "new")))).toMatchObject({ code: "not-found" });
  expect(existsSync(join(folder, "new"))).toBe(false);
});

test("an export that is called off leaves what was there, and nothing else", async () => {
  const a = await opened("a");
  await grown(a, "s", 6);
  const stop = new AbortController();
  const stopping = { signal: stop.signal, progress: () => stop.abort() };
  expect(await failure(a.export("s", archive, stopping))).toMatchObject({ code: "aborted" });
  expect(existsSync(archive)).toBe(false);
  mkdirSync(archive);
  await a.export("s", archive);
  const before = readdirSync(archive);
  await grown(a, "s", 4);
  const again = new AbortController();
  expect(
    await failure(a.export("s", archive, { signal: again.signal, progress: ({ events }) => (events > 8 ? again.abort() : undefined) })),
  ).toMatchObject({
    code: "aborted",
  });
  expect(readdirSync(archive)).toEqual(before);
  expect((await (await opened("b")).import(archive)).feeds).toMatchObject([{ taken: 6, outcome: "taken" }]);
});

test("what a killed export left is written over", async () => {
  const a = await opened("a");
  await grown(a, "s", 1);
  await a.export("s", archive);
  const [name = ""] = namedIn(archive);
  renameSync(join(archive, indexFileName), join(archive, `${indexFileName}.new`));
  renameSync(join(archive, name), join(archive, `${name}.new`));
  expect((await a.export("s", archive)).segments).toEqual({ written: 1, kept: 0, removed: 0 });
  expect(readdirSync(archive).sort()).toEqual([name, indexFileName].sort());
});

const secret = new TextEncoder().encode("the secret");
/** Names of files of the archive that hold a text. */
const holding = (text: string) => readdirSync(archive).filter((name) => readFileSync(join(archive, name)).includes(text));

test("segments with what is redacted since go with the next export that can tell, though one was killed before it removed them", async () => {
  const a = await opened("a");
  await a.append("s", [{ payload: secret }]);
  await a.export("s", archive);
  const [name = ""] = namedIn(archive);
  renameSync(join(archive, name), join(folder, name));
  await a.redact("s", { seq: 1 });
  await a.export("s", archive);
  for (const left of [name, `${name}.new`]) copyFileSync(join(folder, name), join(archive, left));
  const others = [`${"0".repeat(64)}.txt`, `x${name}`, "notes"];
  for (const other of others) writeFileSync(join(archive, other), "not ours");
  mkdirSync(join(archive, `${"0".repeat(64)}.segment`));
  expect((await a.export("s", archive)).segments).toEqual({ written: 0, kept: 1, removed: 2 });
  const left = [...namedIn(archive), indexFileName, ...others, `${"0".repeat(64)}.segment`];
  expect(readdirSync(archive).sort()).toEqual(left.sort());
});

test("what an export left there because payloads were wanted goes once none is", async () => {
  const [a, b] = [await opened("a"), await opened("b")];
  await a.append("s", [{ payload: secret }]);
  await b.append("s", [{ payload: new Uint8Array(9) }]);
  await a.export("s", archive);
  const offer = offeredRange(b.view, createNodeHasher(), { lane: 0, from: 1, bytes: 1, without: () => true });
  if (offer === undefined) throw new Error("nothing of b");
  await a.take(offer);
  await a.redact("s", { seq: 1 });
  const lacking = await a.export("s", archive);
  expect([lacking.lacks, lacking.segments.removed, holding("the secret").length]).toEqual(["payloads", 0, 1]);
  await a.fill("s", { author: b.author, seq: 1 }, new Uint8Array(9));
  const whole = await a.export("s", archive);
  expect([whole.lacks, whole.segments.removed, holding("the secret")]).toEqual(["nothing", 2, []]);
  expect(readdirSync(archive).sort()).toEqual([...namedIn(archive), indexFileName].sort());
});

test("a missing segment, and one that is none, are named; an index that is none is refused whole", async () => {
  const [a, b] = [await opened("a"), await opened("b")];
  await grown(a, "s", 5);
  await a.export("s", archive);
  const [first = "", second = ""] = namedIn(archive);
  renameSync(join(archive, second), join(folder, second));
  expect((await b.import(archive)).feeds).toMatchObject([{ outcome: "malformed", taken: 4, file: second, reason: "it is not there" }]);
  mkdirSync(join(archive, second));
  expect((await b.import(archive)).feeds).toMatchObject([{ outcome: "malformed", held: 4, taken: 0, file: second }]);
  expect(await failure(b.import(join(archive, first)))).toMatchObject({
    code: "wrong-store",
    message: expect.stringContaining('an index of segments begins with "sinter subject"'),
  });
  for (const nowhere of [folder, join(folder, "none")])
    expect(await failure(b.import(nowhere))).toMatchObject({
      code: "not-found",
      message: expect.stringContaining(`there is no ${nowhere}`),
    });
  const c = await opened("c", "another");
  expect(await failure(c.import(archive))).toMatchObject({ code: "wrong-store", message: expect.stringContaining("network net") });
});

test("an index and a segment of a later version are refused, with what to do", async () => {
  const [a, b] = [await opened("a"), await opened("b")];
  await grown(a, "s", 1);
  await a.export("s", archive);
  const [name = ""] = namedIn(archive);
  const later = (file: string) => writeFileSync(file, readFileSync(file).fill(2, 14, 15));
  later(join(archive, name));
  // Its name would be another, too; that is what is seen first.
  expect((await b.import(archive)).feeds).toMatchObject([{ outcome: "malformed", file: name, taken: 0 }]);
  later(join(archive, indexFileName));
  expect(await failure(b.import(archive))).toMatchObject({
    code: "wrong-store",
    message: expect.stringContaining("an index of segments of version 2; this program reads 1"),
    fix: expect.stringContaining("a newer one"),
  });
  expect(await failure(a.export("s", archive))).toMatchObject({ code: "wrong-store" });
});
