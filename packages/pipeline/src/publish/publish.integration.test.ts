import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { diskFiles } from "./disk-files.js";
import { publish } from "./publish.js";
import { type Place, publishingIsSound, refusal, said } from "./publish.suite.js";
import { systemProcesses } from "./system-processes.js";

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-publish-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function diskPlace(): Place {
  const dir = freshDir();
  const at = (name: string) => join(dir, name);
  return {
    files: diskFiles,
    dir,
    put: (name, text, mode = 0o644) => {
      writeFileSync(at(name), text);
      chmodSync(at(name), mode);
    },
    link: (name, leadsTo) => symlinkSync(leadsTo, at(name)),
    other: (name) => {
      const socket = createServer().listen(at(name));
      onTestFinished(() => void socket.close());
    },
    text: (name) => readFileSync(at(name), "utf8"),
    identity: (name) => {
      const { ino, mtimeNs, ctimeNs } = statSync(at(name), { bigint: true });
      return [ino, mtimeNs, ctimeNs];
    },
    reader: (name) => {
      const file = openSync(at(name), "r");
      return () => {
        const bytes = Buffer.alloc(1_000);
        return bytes.subarray(0, readSync(file, bytes)).toString();
      };
    },
    names: () => readdirSync(dir).sort(),
  };
}

publishingIsSound("real", diskPlace);

test("a new file is as open to others as the process makes files", async () => {
  const dir = freshDir();
  writeFileSync(join(dir, "plain"), "");
  await publish(join(dir, "doc.json"), said("new"));
  expect(statSync(join(dir, "doc.json")).mode).toBe(statSync(join(dir, "plain")).mode);
});

const isRoot = process.getuid?.() === 0;

test("owner and group of a file stay, where they may be given", async (context) => {
  if (!isRoot) context.skip("only root gives files away");
  const doc = join(freshDir(), "doc.json");
  writeFileSync(doc, "old");
  chownSync(doc, 1234, 4321);
  chmodSync(doc, 0o604);
  await publish(doc, said("new"));
  const { uid, gid, mode } = statSync(doc);
  expect([uid, gid, mode & 0o777]).toEqual([1234, 4321, 0o604]);
});

test("where nothing may be written nothing is, and what to do is said", async (context) => {
  if (isRoot) context.skip("root may write anywhere");
  const dir = freshDir();
  chmodSync(dir, 0o500);
  onTestFinished(() => chmodSync(dir, 0o700));
  expect((await refusal(publish(join(dir, "doc.json"), said("new")))).code).toBe("permission");
});

/** One that publishes without end, once it has begun to write. */
async function slowPublisher(dir: string): Promise<ChildProcess & { readonly written: Promise<string> }> {
  const runner = fileURLToPath(new URL("../../../../scripts/run.mjs", import.meta.url));
  const program = fileURLToPath(new URL("./slow-publisher.suite.ts", import.meta.url));
  const child = spawn(process.execPath, [runner, program, join(dir, "doc.json")], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await vi.waitFor(() => expect(unfinished(dir)).toHaveLength(1), { timeout: 60_000, interval: 20 });
  return Object.assign(child, { written: textOf(child.stdout) });
}

const unfinished = (dir: string) => readdirSync(dir).filter((name) => name !== "doc.json");

test("what a process that runs has not finished is left to it, and removed when it was killed", async () => {
  const dir = freshDir();
  const doc = join(dir, "doc.json");
  const child = await slowPublisher(dir);
  const [name] = unfinished(dir);
  expect(name).toContain(`-${systemProcesses.host}-${child.pid}-`);
  await publish(doc, said("one"));
  expect([readFileSync(doc, "utf8"), unfinished(dir)]).toEqual(["one", [name]]);
  child.kill("SIGKILL");
  await once(child, "exit");
  await publish(doc, said("two"));
  expect([readFileSync(doc, "utf8"), unfinished(dir)]).toEqual(["two", []]);
});

test("an interrupted process leaves the old document and nothing else", async () => {
  const dir = freshDir();
  writeFileSync(join(dir, "doc.json"), "old");
  const child = await slowPublisher(dir);
  child.kill("SIGINT");
  await once(child, "exit");
  expect([await child.written, child.exitCode]).toEqual(["aborted: called off\n", 0]);
  expect([readFileSync(join(dir, "doc.json"), "utf8"), unfinished(dir)]).toEqual(["old", []]);
});
