import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { notRead, readBlocks } from "./read-blocks.js";

function folder(): (name: string, bytes: Buffer) => string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-blocks-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return (name, bytes) => {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  };
}

test("files lie one behind the other, and what is not read is left out", () => {
  const put = folder();
  const [a, empty, b] = [put("a", Buffer.from("one")), put("empty", Buffer.alloc(0)), put("b", Buffer.from("two"))];
  const [block, ...more] = [...readBlocks([a, "", empty, `${a}-none`, b])];
  expect([block?.sizes, more]).toEqual([[3, notRead, 0, notRead, 3], []]);
  expect(Buffer.from(block?.room as ArrayBuffer).toString()).toBe("onetwo");
});

test("of large files there are several blocks, and none of the largest", () => {
  const put = folder();
  const sizes = [65_536, ...Array.from({ length: 40 }, (_, at) => 65_535 - at)];
  const paths = sizes.map((size, at) => put(String(at), Buffer.alloc(size, at)));
  const found: number[] = [];
  let blocks = 0;
  for (const block of readBlocks(paths)) {
    blocks++;
    let at = 0;
    for (const size of block.sizes) {
      if (size !== notRead) expect(Buffer.from(block.room, at, size).every((byte) => byte === found.length)).toBe(true);
      at += Math.max(0, size);
      found.push(size);
    }
  }
  expect([found, blocks]).toEqual([[notRead, ...sizes.slice(1)], 3]);
});

test("of no files there is no block", () => {
  expect([...readBlocks([])]).toEqual([]);
});
