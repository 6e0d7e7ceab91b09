import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

// The built command, in processes of its own, on a real store.

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const patience = { timeout: 30_000 };

let dir: string;
let children: ChildProcessWithoutNullStreams[];

beforeEach(() => {
  if (!existsSync(main)) throw new Error("these tests run the built command: npm run build");
  dir = join(mkdtempSync(join(tmpdir(), "cli-")), "data");
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(join(dir, ".."), { recursive: true });
});

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly out: () => string[];
  readonly seqs: () => unknown[];
  readonly errors: () => string;
  /** The exit code, or the signal that ended it. */
  readonly done: Promise<number | string>;
}

function command(...argv: string[]): Running {
  const child = spawn(process.execPath, [main, ...argv], { env: { ...process.env, SINTER_DATA: dir } });
  children.push(child);
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  child.stdin.on("error", () => {});
  const lines = () => out.split("\n").slice(0, -1);
  const done = new Promise<number | string>((resolve) => child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown")));
  return { child, out: lines, seqs: () => lines().map((line) => JSON.parse(line).seq as number), errors: () => errors, done };
}

async function finished(...argv: string[]): Promise<string[]> {
  const running = command(...argv);
  running.child.stdin.end();
  expect([await running.done, running.errors()]).toEqual([0, ""]);
  return running.out();
}

test("cat -f never locks append out, follows what it writes, and ends well on a signal", async () => {
  const follower = command("cat", "team/notes", "-f", "--json");
  await vi.waitFor(() => expect(existsSync(join(dir, "control.sock"))).toBe(true), patience);
  expect(statSync(join(dir, "control.sock")).mode & 0o777).toBe(0o600);
  const writer = command("append", "team/notes", "--json");
  writer.child.stdin.end(Array.from({ length: 5_000 }, (_, index) => `line ${index}\n`).join(""));
  expect(await writer.done).toBe(0);
  expect(writer.out().length).toBe(5_000);
  await vi.waitFor(() => expect(follower.out().length).toBe(5_000), patience);
  expect(follower.seqs()).toEqual(writer.seqs());
  expect(JSON.parse(follower.out()[4_999])).toMatchObject({ payload: "line 4999", kind: 128 });
  follower.child.kill("SIGTERM");
  expect([await follower.done, follower.errors()]).toEqual([0, ""]);
  expect((await finished("cat", "team/notes", "--json")).length).toBe(5_000);
});

test("when the holder is killed, a follower takes over and no acknowledged event is lost or repeated", async () => {
  const holder = command("cat", "s", "-f", "--json");
  await vi.waitFor(() => expect(existsSync(join(dir, "control.sock"))).toBe(true), patience);
  const follower = command("cat", "s", "-f", "--json");
  const before = await finished("append", "s", "before", "--json");
  await vi.waitFor(() => expect(follower.out().length).toBe(1), patience);
  holder.child.kill("SIGKILL");
  expect(await holder.done).toBe("SIGKILL");
  const after = await finished("append", "s", "after", "--json");
  await vi.waitFor(() => expect(follower.out().length).toBe(2), patience);
  const ids = [...before, ...after].map((line) => JSON.parse(line).id as string);
  expect(follower.out().map((line) => JSON.parse(line).id)).toEqual(ids);
  follower.child.kill("SIGINT");
  expect(await follower.done).toBe(0);
  expect(JSON.parse((await finished("audit", "--json"))[0])).toMatchObject({ ok: true, problems: [] });
});

test("a store answers the same whether or not a peer is up on it", async () => {
  await finished("append", "team/notes", "hello", "--json");
  const alone = [await finished("status", "--json"), await finished("feeds", "--json"), await finished("keys", "--json")];
  const peer = command("up", "--json");
  await vi.waitFor(() => expect(peer.out().length).toBe(1), patience);
  const beside = [await finished("status", "--json"), await finished("feeds", "--json"), await finished("keys", "--json")];
  expect(beside).toEqual(alone);
  const { keyFile } = JSON.parse(alone[2][0]) as { keyFile: string };
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  peer.child.kill("SIGINT");
  expect(await peer.done).toBe(0);
  expect(existsSync(join(dir, "control.sock"))).toBe(false);
});

test("a subject goes to another store through a directory, from beside a running peer and to beside one", async () => {
  const [archive, other] = [join(dir, "..", "archive"), join(dir, "..", "other")];
  await finished("append", "team/notes", "hello", "--json");
  const peer = command("up", "--json");
  await vi.waitFor(() => expect(peer.out().length).toBe(1), patience);
  const { network, author } = JSON.parse(peer.out()[0]) as { network: string; author: string };
  const [report] = await finished("export", "team/notes", archive, "--json");
  expect(JSON.parse(report)).toMatchObject({ dir: archive, network, feeds: 1, events: 1, segments: { written: 1, kept: 0, removed: 0 } });
  const own = JSON.parse((await finished("import", archive, "--json"))[0]) as { feeds: unknown[] };
  expect(own.feeds).toMatchObject([{ author, held: 1, taken: 0, outcome: "held" }]);
  peer.child.kill("SIGINT");
  expect(await peer.done).toBe(0);
  const [imported] = await finished("import", archive, "--data", other, "--network", network, "--json");
  expect(JSON.parse(imported)).toMatchObject({ subject: "team/notes", feeds: [{ author, events: 1, taken: 1, outcome: "taken" }] });
  expect((await finished("cat", "team/notes", "--data", other, "--json")).map((line) => JSON.parse(line).payload)).toEqual(["hello"]);
});

test("a proof is the same beside a running peer and without one, and is checked where there is no store", async () => {
  const [event] = await finished("append", "team/notes", "hello", "--json");
  const { author, seq, id } = JSON.parse(event) as { author: string; seq: number; id: string };
  const asked = ["prove", "team/notes", author.slice(0, 12), String(seq)];
  const alone = await finished(...asked);
  const peer = command("up", "--json");
  await vi.waitFor(() => expect(peer.out().length).toBe(1), patience);
  expect(await finished(...asked)).toEqual(alone);
  peer.child.kill("SIGINT");
  expect(await peer.done).toBe(0);
  rmSync(dir, { recursive: true });

  const verifier = command("verify", "-", "--json");
  verifier.child.stdin.end(`${alone[0]}\n`);
  expect(await verifier.done).toBe(0);
  expect(JSON.parse(verifier.out()[0])).toMatchObject({ holds: true, author, subject: "team/notes", seq, id, payload: "hello" });
  expect(existsSync(dir)).toBe(false);
});

test("commands that start at once on a store that is not there yet all get through", async () => {
  const writers = Array.from({ length: 6 }, (_, index) => finished("append", "s", String(index), "--json"));
  const seqs = (await Promise.all(writers)).map((lines) => JSON.parse(lines[0]).seq as number);
  expect(seqs.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a reader that goes away ends cat without a word", async () => {
  const writer = command("append", "s");
  writer.child.stdin.end("x".repeat(100).concat("\n").repeat(20_000));
  expect(await writer.done).toBe(0);
  const reader = command("cat", "s");
  reader.child.stdout.once("data", () => reader.child.stdout.destroy());
  expect([await reader.done, reader.errors()]).toEqual([0, ""]);
});

test("a file that takes only part of the output is a failure", async () => {
  const writer = command("append", "s");
  writer.child.stdin.end("x".repeat(100).concat("\n").repeat(1_000));
  expect(await writer.done).toBe(0);
  const file = join(dir, "..", "out");
  const cut = `ulimit -f 8; exec "${process.execPath}" "${main}" cat s --json --data "${dir}" >"${file}"`;
  const { status, stderr } = spawnSync("sh", ["-c", cut], { encoding: "utf8" });
  expect([status, stderr]).toEqual([1, "sinter: cannot write the output: file too large. Free some space or choose another place.\n"]);
});

test("a backup made while a peer runs and events go on is restored elsewhere, and both go on", async () => {
  const peer = command("up", "--json");
  await vi.waitFor(() => expect(peer.out().length).toBe(1), patience);
  await finished("append", "team/notes", "before");
  const writer = command("append", "team/notes", "--json");
  writer.child.stdin.write("one\n");
  await vi.waitFor(() => expect(writer.out().length).toBe(1), patience);
  const [backup, other] = [join(dir, "..", "backup"), join(dir, "..", "other")];
  const report = JSON.parse((await finished("backup", backup, "--json"))[0]) as Record<string, unknown>;
  writer.child.stdin.end("two\n");
  expect(await writer.done).toBe(0);

  const restored = JSON.parse((await finished("restore", backup, "--data", other, "--json"))[0]) as Record<string, unknown>;
  expect(restored).toMatchObject({ author: report["author"], events: 2, keys: "included", problems: [] });
  const [here, there] = [
    await finished("append", "team/notes", "here", "--json"),
    await finished("append", "team/notes", "there", "--data", other, "--json"),
  ];
  expect([JSON.parse(here[0]), JSON.parse(there[0])]).toMatchObject([
    { epoch: 0, seq: 4 },
    { epoch: 1, seq: 2 },
  ]);
  for (const each of [dir, other]) expect(JSON.parse((await finished("audit", each, "--json"))[0])).toMatchObject({ ok: true });
  peer.child.kill("SIGINT");
  expect(await peer.done).toBe(0);
});

test("a backup that is interrupted, or whose holder is, leaves nothing behind", async () => {
  const writer = command("append", "s");
  writer.child.stdin.end("x".repeat(1_000_000).concat("\n").repeat(60));
  expect(await writer.done).toBe(0);
  const peer = command("up", "--json");
  await vi.waitFor(() => expect(peer.out().length).toBe(1), patience);
  const backup = join(dir, "..", "backup");
  for (const interrupted of ["command", "holder"] as const) {
    const copying = command("backup", backup);
    await vi.waitFor(() => expect(existsSync(join(backup, "backup.mdb"))).toBe(true), { ...patience, interval: 1 });
    (interrupted === "command" ? copying : peer).child.kill("SIGINT");
    const code = await copying.done;
    // Without its holder the command makes the backup itself, anew.
    expect([interrupted, code, existsSync(join(backup, "backup.json"))]).toEqual([
      interrupted,
      interrupted === "holder" ? 0 : 1,
      code === 0,
    ]);
    if (code !== 0) await vi.waitFor(() => expect(existsSync(backup)).toBe(false), patience);
  }
  expect(await peer.done).toBe(0);
});
