import { expect, test } from "vitest";
import { leftBehindMsMax } from "../limits.js";
import { publish } from "./publish.js";
import { type Place, publishingIsSound, said } from "./publish.suite.js";
import { VIRTUAL_MS, VirtualFiles, virtualProcesses } from "./virtual-files.suite.js";

const dir = "/published";
const doc = `${dir}/doc.json`;

function virtualPlace(): Place {
  const files = new VirtualFiles(dir);
  const at = (name: string) => `${dir}/${name}`;
  return {
    files,
    dir,
    put: (name, text, mode = 0o644) => files.put(at(name), text, { mode, owner: 0, group: 0 }),
    link: (name, leadsTo) => files.putLink(at(name), leadsTo),
    other: (name) => files.putOther(at(name)),
    text: (name) => files.text(at(name)),
    identity: (name) => files.identity(at(name)),
    reader: (name) => files.fileAt(at(name)) ?? expect.fail(`no ${name}`),
    names: () => files.names(dir).sort(),
  };
}

publishingIsSound("virtual", virtualPlace);

/** As a process of another number, or of another machine, would have left it. */
const leftBy = ({ host = "0a0a0a0a", pid = 7, startedMs = 0 }) => `.sinter-publishing-${host}-${pid}-${startedMs}-0123456789abcdef.tmp`;

interface Left {
  readonly what: string;
  readonly by: Parameters<typeof leftBy>[0];
  readonly is: "removed" | "kept";
  readonly running?: readonly number[];
  readonly nowMs?: number;
}

const left: readonly Left[] = [
  { what: "of a process that is gone", by: {}, is: "removed" },
  { what: "of a process that runs", by: {}, running: [7], is: "kept" },
  { what: "of a process that runs, however long ago it began", by: {}, running: [7], nowMs: 2 * leftBehindMsMax, is: "kept" },
  { what: "of this process, in another thread", by: { pid: 1, startedMs: 50_001 }, is: "kept" },
  { what: "of one that had the number of this process before", by: { pid: 1, startedMs: 70_000 }, is: "removed" },
  { what: "of another machine", by: { host: "0b0b0b0b" }, is: "kept" },
  { what: "of another machine, a day old", by: { host: "0b0b0b0b" }, nowMs: VIRTUAL_MS + leftBehindMsMax, is: "kept" },
  { what: "of another machine, older", by: { host: "0b0b0b0b" }, nowMs: VIRTUAL_MS + leftBehindMsMax + 1, is: "removed" },
];

test.each(left)("what is unfinished $what is $is", async ({ by, is, running = [], nowMs = VIRTUAL_MS }) => {
  const files = new VirtualFiles(dir);
  const name = leftBy(by);
  files.put(`${dir}/${name}`, "ne");
  const processes = virtualProcesses({ pid: 1, startedMs: 50_000, running: [1, ...running], nowMs });
  await publish(doc, said("new"), { files, processes });
  expect(files.names(dir).sort()).toEqual(is === "kept" ? [name, "doc.json"] : ["doc.json"]);
});

test("what has another name is nobody's to remove, and what cannot be removed is in nobody's way", async () => {
  const files = new VirtualFiles(dir);
  const [name, others] = [leftBy({}), [`${leftBy({})}.json`, `a${leftBy({})}`, ".sinter-publishing.tmp"]];
  for (const each of [name, ...others]) files.put(`${dir}/${each}`, "ne");
  files.failing = (step) => (step === 3 ? "EPERM" : undefined);
  expect(await publish(doc, said("new"), { files, processes: virtualProcesses() })).toMatchObject({ published: true });
  expect(files.steps[2]).toBe("remove");
  expect(files.names(dir).sort()).toEqual([name, ...others, "doc.json"].sort());
});

test("what this process writes is not left behind by it", async () => {
  const files = new VirtualFiles(dir);
  const both = await Promise.all([publish(doc, said("new", "er"), { files }), publish(doc, said("new"), { files })]);
  expect(both.map(({ published }) => published)).toEqual([true, true]);
  expect([["newer", "new"].includes(files.text(doc) as string), files.names(dir)]).toEqual([true, ["doc.json"]]);
});
