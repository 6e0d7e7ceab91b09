import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { filesToRead } from "./files-to-read.js";
import { Folder, textOf } from "./folder.suite.js";
import type { InputBytes, InputFile } from "./parts.js";

function folderOf(count: number): InputFile[] {
  const dir = mkdtempSync(join(tmpdir(), "sinter-ahead-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return Array.from({ length: count }, (_, at) => {
    const path = at % 10 === 9 ? `${at}.ndjson` : at % 10 === 8 ? `${at}.json.gz` : `${at}.json`;
    const full = join(dir, path);
    // Some are read a few to a block.
    const text = `${at}`.padEnd(at % 50 === 0 ? 60_000 : 1);
    writeFileSync(full, path.endsWith(".gz") ? gzipSync(text) : text);
    return { path, full };
  });
}

async function all(found: AsyncIterable<InputBytes[]>): Promise<InputBytes[]> {
  const files: InputBytes[] = [];
  for await (const some of found) files.push(...some);
  return files;
}

test("a thread reads documents ahead, and leaves to others what they read otherwise", async () => {
  const files = folderOf(2_000);
  rmSync(files[1_005]?.full as string);
  const found = await all(filesToRead({ files, formats: {}, threads: 2, begunFiles: 100 }));
  expect(found.map(({ file }) => file)).toEqual(files);
  const read = found.map(({ bytes }) => (bytes === undefined ? undefined : Buffer.from(bytes).toString().trim()));
  expect(read).toEqual(files.map((_, at) => (at < 100 || at % 10 > 7 || at === 1_005 ? undefined : String(at))));
});

test.each([
  { why: "one thread is all there may be", threads: 1, count: 500 },
  { why: "there are few files", threads: 2, count: 399 },
])("nothing is read ahead where $why", async ({ threads, count }) => {
  const files = folderOf(count);
  expect(await all(filesToRead({ files, formats: {}, threads, begunFiles: 100 }))).toEqual(files.map((file) => ({ file })));
});

test("whoever stops before the end leaves no thread behind", async () => {
  const files = folderOf(500);
  for await (const [first] of filesToRead({ files, formats: {}, threads: 2, begunFiles: 100 })) {
    expect(first).toEqual({ file: files[0] });
    break;
  }
  expect(process.getActiveResourcesInfo()).not.toContain("MessagePort");
});

test("read ahead or not, it is the same document, and the same is refused", { timeout: 60_000 }, async () => {
  const folder = new Folder();
  for (let at = 0; at < 9_000; at++) folder.put(`in/${at}.json`, at % 1_000 === 999 ? '{\n"a": }' : { [`n${at % 100}`]: { at } });
  const [alone, ahead] = [await folder.synthesize({ jobs: 1 }), await folder.synthesize({ jobs: 2 })];
  expect(textOf(ahead) === textOf(alone)).toBe(true);
  expect([ahead.fragments, ahead.contested, ahead.refused]).toEqual([alone.fragments, alone.contested, alone.refused]);
  expect(ahead.refused).toHaveLength(9);
  expect(ahead.refused[0]).toMatchObject({ line: 2, expected: expect.stringContaining("a value expected") });
});
