import { SinterError } from "@sinter/core";
import { expect, test } from "vitest";
import { type Published, publish } from "./publish.js";
import { refusal, said } from "./publish.suite.js";
import { VirtualFiles, virtualProcesses } from "./virtual-files.suite.js";

// Every moment at which a publication may be stopped, every disk that may be left then, and every step that may fail.

const dir = "/published";
const doc = `${dir}/doc.json`;
const newer = "newer";
const pieces = said("ne", "wer");

const writing = ["create", "write", "write", "sync", "rename", "sync directory"];

const publications = [
  { what: "the first document", disks: 33, before: undefined, steps: ["look doc.json", "list", ...writing] },
  { what: "another one", disks: 35, before: "old", steps: ["look doc.json", "list", "open", "read", ...writing] },
  {
    what: "one that goes on as the one before began",
    disks: 36,
    before: "ne",
    steps: ["look doc.json", "list", "open", "read", "read", ...writing],
  },
  {
    what: "what is there already",
    disks: 9,
    before: newer,
    steps: ["look doc.json", "list", "open", "read", "read", "read", "sync", "sync directory"],
  },
];

type Before = string | undefined;

function diskWith(before: Before): VirtualFiles {
  const files = new VirtualFiles(dir);
  if (before !== undefined) files.put(doc, before);
  return files;
}

/** By a process of its own; those before it are gone. Whoever reads, whenever, has one document from beginning to end. */
async function publishing(files: VirtualFiles, pid: number, before: Before): Promise<Published | "stopped"> {
  const readers: { readonly read: () => string; readonly text: string }[] = [];
  files.after = () => {
    const found = files.text(doc);
    if (found !== before && found !== newer) expect.fail(`a reader has ${found} after ${files.steps}`);
    for (const { read, text } of readers) if (read() !== text) expect.fail(`a reader of ${text} has ${read()} after ${files.steps}`);
    const read = files.fileAt(doc);
    if (read !== undefined) readers.push({ read, text: read() });
  };
  try {
    return await publish(doc, pieces, { files, processes: virtualProcesses({ pid }) });
  } catch (error) {
    if (files.isStopped) return "stopped";
    throw error;
  } finally {
    files.after = undefined;
  }
}

/** What the loss of power leaves, each of which is the document before or the new one; once it was answered, the new one. */
function disksLeft(files: VirtualFiles, before: Before, outcome: Published | "stopped"): VirtualFiles[] {
  const disks = [...files.afterPowerLoss()];
  for (const disk of disks) {
    const found = disk.text(doc);
    if (found !== newer && (found !== before || outcome !== "stopped"))
      expect.fail(`${found} is left after ${files.steps}, ${outcome === "stopped" ? "stopped" : "answered"}`);
  }
  return disks;
}

/** Another process publishes the same, and is not stopped. */
async function publishedAgain(files: VirtualFiles, before: Before): Promise<void> {
  files.stopAfter = Number.POSITIVE_INFINITY;
  expect(await publishing(files, 99, before)).not.toBe("stopped");
  expect([files.text(doc), files.names(dir)]).toEqual([newer, ["doc.json"]]);
  disksLeft(files, before, { published: true, hash: "" });
}

for (const { what, before, steps, disks } of publications) {
  test(`publishing ${what}, step by step`, async () => {
    const files = diskWith(before);
    expect(await publishing(files, 1, before)).toMatchObject({ published: before !== newer });
    expect(files.steps).toEqual(steps);
    expect([files.text(doc), files.names(dir)]).toEqual([newer, ["doc.json"]]);
    disksLeft(files, before, { published: true, hash: "" });
  });

  test(`publishing ${what}, stopped after any step: any disk that is left has one document or the other, and publishing goes on from it`, async () => {
    let found = 0;
    for (let stopAfter = 0; stopAfter <= steps.length; stopAfter++) {
      const files = diskWith(before);
      files.stopAfter = stopAfter;
      expect(await publishing(files, 1, before)).toBe("stopped");
      for (const disk of disksLeft(files, before, "stopped")) {
        found++;
        await publishedAgain(disk, before);
      }
      await publishedAgain(files, before);
    }
    expect(found).toBe(disks);
  });

  test(`publishing ${what}, stopped after any step, and the next process as well`, async () => {
    for (let stopAfter = 0; stopAfter <= steps.length; stopAfter++) {
      for (let more = 0, outcome: Published | "stopped" = "stopped"; outcome === "stopped"; more++) {
        const files = diskWith(before);
        files.stopAfter = stopAfter;
        await publishing(files, 1, before);
        files.stopAfter = stopAfter + more;
        outcome = await publishing(files, 2, before);
        disksLeft(files, before, outcome);
        if (outcome === "stopped") await publishedAgain(files, before);
      }
    }
  });
}

test("what somebody else has put there is on the disk for good when it is called unchanged", async () => {
  const files = diskWith(undefined);
  await (await files.create(doc)).write(Buffer.from(newer));
  const answer = await publishing(files, 1, newer);
  expect(answer).toMatchObject({ published: false });
  disksLeft(files, newer, answer);
});

const codes = { ENOSPC: "disk-full", EACCES: "permission", EIO: "internal" } as const;

for (const [code, kind] of Object.entries(codes)) {
  test.each(publications)(`publishing $what, when a step fails with ${code}`, async ({ before, steps }) => {
    for (let failing = 1; failing <= steps.length; failing++) {
      const files = diskWith(before);
      files.failing = (step) => (step === failing ? code : undefined);
      const error = await refusal(publishing(files, 1, before));
      const isInPlace = files.steps.includes("rename") && steps[failing - 1] === "sync directory";
      expect([error.code, error.cause]).toEqual([isInPlace ? "unknown-outcome" : kind, expect.objectContaining({ code })]);
      expect([error.message, error.fix]).toEqual([expect.stringContaining(doc), expect.stringMatching(/^[A-Z].+\.$/)]);
      expect(files.text(doc)).toBe(isInPlace ? newer : before);
      expect(files.names(dir)).toEqual(files.text(doc) === undefined ? [] : ["doc.json"]);
      disksLeft(files, before, "stopped");
      files.failing = () => undefined;
      await publishedAgain(files, before);
    }
  });
}

test("when the disk is gone the first failure is told, and what is left is removed when it is back", async () => {
  const files = diskWith("old");
  files.failing = (step) => (step >= 6 ? (step === 6 ? "ENOSPC" : "EIO") : undefined);
  expect((await refusal(publishing(files, 1, "old"))).code).toBe("disk-full");
  expect([files.text(doc), files.names(dir).length]).toEqual(["old", 2]);
  files.failing = () => undefined;
  await publishedAgain(files, "old");
});

test.each(publications)("publishing $what, called off after any step: nothing is left of it, or it is done", async ({ before, steps }) => {
  for (let last = 0; last <= steps.length; last++) {
    const files = diskWith(before);
    const calling = new AbortController();
    const called = new SinterError("stopped", "the daemon stops", "Start it again.");
    const callOff = () => files.steps.length >= last && calling.abort(called);
    files.after = callOff;
    callOff();
    const processes = virtualProcesses();
    const outcome = await publish(doc, pieces, { files, processes, signal: calling.signal }).catch((reason: unknown) => reason);
    const isDone = before !== newer && last > steps.indexOf("rename");
    if (isDone) expect(outcome).toMatchObject({ published: true });
    else expect(outcome).toBe(called);
    expect(files.text(doc)).toBe(isDone ? newer : before);
    expect(files.names(dir)).toEqual(files.text(doc) === undefined ? [] : ["doc.json"]);
  }
});
