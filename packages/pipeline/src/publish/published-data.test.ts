import { type Data, textOfData } from "@sinter/core";
import { expect, test } from "vitest";
import { documentBytesMax, readPieceBytes } from "../limits.js";
import type { FileSystem } from "./file-system.js";
import { publish } from "./publish.js";
import { refusal, said } from "./publish.suite.js";
import { readPublished } from "./published-data.js";
import { VirtualFiles, virtualProcesses } from "./virtual-files.suite.js";

const dir = "/published";
const doc = `${dir}/doc.json`;

test("what was published is read back as it was, with whole numbers of any size", async () => {
  const files = new VirtualFiles(dir);
  const data: Data = { big: 2n ** 70n, exact: 9007199254740993n, half: 0.5, text: "ä\u{1f600}\u2028", none: null, deep: [[{ "": [] }]] };
  await publish(doc, said(textOfData(data)), { files, processes: virtualProcesses() });
  files.putLink(`${dir}/current.json`, "doc.json");
  expect(await readPublished(doc, files)).toEqual(data);
  expect(await readPublished(`${dir}/current.json`, files)).toEqual(data);
});

test("a document of many pieces is read whole", async () => {
  const files = new VirtualFiles(dir);
  for (const length of [readPieceBytes - 2, readPieceBytes - 1, readPieceBytes, 3 * readPieceBytes]) {
    const data = "é".repeat(length / 2);
    files.put(doc, textOfData(data));
    expect(await readPublished(doc, files)).toBe(data);
  }
});

test("where nothing is published, or nothing was said, there is no document", async () => {
  const files = new VirtualFiles(dir);
  expect(await readPublished(doc, files)).toBeUndefined();
  files.put(doc, "");
  expect(await readPublished(doc, files)).toBeUndefined();
});

test("what is no document is refused with its line, and what is too large with its bound", async () => {
  const files = new VirtualFiles(dir);
  files.put(doc, '{"a":1,\n"a":2}');
  const { code, message, fix } = await refusal(readPublished(doc, files));
  expect([code, fix]).toEqual(["corrupt", "It is no published document: publish over it, or name another file."]);
  expect(message).toMatch(/^\/published\/doc\.json, line 2: /);
  let left = documentBytesMax + 1;
  const endless = {
    read: async (into: Uint8Array) => {
      const read = Math.min(into.length, left);
      left -= read;
      return read;
    },
    close: async () => undefined,
  };
  const large = { ...files, look: async () => files.look(doc), open: async () => endless } as unknown as FileSystem;
  expect((await refusal(readPublished(doc, large))).code).toBe("too-large");
  expect((await refusal(readPublished(dir, files))).message).toBe(`${dir} is a directory`);
});
