import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AheadReader } from "./read-ahead.js";

test("files come in the order of their paths, however many blocks they take, and what is not read is left out", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sinter-ahead-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const texts = Array.from({ length: 1_500 }, (_, at) => `${at} é`.padEnd(at % 20 === 0 ? 60_000 : 1));
  const paths = texts.map((text, at) => {
    const path = join(dir, `${at} \u{1f600}`);
    if (at % 7 > 0) writeFileSync(path, text);
    return at % 7 === 1 ? "" : path;
  });
  const reader = new AheadReader(paths);
  onTestFinished(() => reader.stop());
  const found: (string | undefined)[] = [];
  while (found.length < paths.length)
    for (const bytes of await reader.next()) found.push(bytes === undefined ? undefined : Buffer.from(bytes).toString());
  expect(found).toEqual(texts.map((text, at) => (at % 7 < 2 ? undefined : text)));
});
