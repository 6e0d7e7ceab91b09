import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { contentsOf, type Golden, type GoldenSegments, goldens } from "./golden-store.suite.js";
import { open } from "./open.js";
import { freshDir, refusalOf } from "./open-stores.suite.js";
import { indexFileName } from "./segment-files.js";

// Subjects as earlier versions of this program exported them.

const exports = goldens.flatMap((golden) => golden.segments.map((segments) => ({ ...segments, format: golden.format, golden })));
type Exported = GoldenSegments & { readonly golden: Golden };
const dirOf = ({ golden, folder }: Exported) => join(golden.segmentsDir, folder);

async function freshPeer({ golden }: Exported): Promise<Peer> {
  const peer = await open({ dir: freshDir(), network: golden.contents.network, control: "none" });
  onTestFinished(() => peer.close());
  return peer;
}

const filesIn = (dir: string) => readdirSync(dir).map((name) => [name, readFileSync(join(dir, name)).toString("hex")]);

test("there are some of every format that has them, with second signatures and without", () => {
  expect(new Set(exports.map(({ format }) => format))).toEqual(new Set(goldens.map(({ format }) => format).filter((format) => format > 1)));
});

test.each(exports)("format $format: $subject is taken in and holds what it held", async (exported) => {
  const { subject, files, golden } = exported;
  expect(readdirSync(dirOf(exported)).sort()).toEqual(files);
  const peer = await freshPeer(exported);
  const { feeds } = await peer.import(dirOf(exported));
  expect(feeds.map(({ outcome, held }) => [outcome, held])).toEqual(feeds.map(() => ["taken", 0]));
  const { events, wanted, feeds: rows } = await contentsOf(peer);
  expect(events).toMatchObject({ [subject]: golden.contents.events[subject] });
  expect(wanted).toEqual(golden.contents.wanted.filter((each) => each.subject === subject));
  const sizes = (all: typeof rows) =>
    all.filter((row) => row.subject === subject).map(({ head, size, hybridSize }) => ({ head, size, hybridSize }));
  expect(sizes(rows)).toEqual(sizes(golden.contents.feeds));
  expect((await peer.audit()).problems).toEqual([]);
});

test.each(exports)("format $format: exported today, $subject has the same segments and the same index", async (exported) => {
  const peer = await freshPeer(exported);
  await peer.import(dirOf(exported));
  const again = freshDir();
  await peer.export(exported.subject, again);
  expect(filesIn(again)).toEqual(filesIn(dirOf(exported)));
});

test.each(exports)("format $format: an index of $subject of a later version is refused, and left as it is", async (exported) => {
  const dir = freshDir();
  cpSync(dirOf(exported), dir, { recursive: true });
  const index = join(dir, indexFileName);
  const bytes = readFileSync(index);
  writeFileSync(index, bytes.fill((bytes[14] as number) + 1, 14, 15));
  const before = filesIn(dir);
  const peer = await freshPeer(exported);
  expect(await refusalOf(peer.import(dir))).toMatchObject({ code: "wrong-store", fix: expect.stringContaining("newer") });
  expect(await peer.feeds()).toEqual([]);
  expect(filesIn(dir)).toEqual(before);
});
