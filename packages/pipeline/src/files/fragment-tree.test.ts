import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SinterError } from "@sinter/core";
import fc from "fast-check";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { treeDepthMax, treeLinksMax } from "../limits.js";
import { fragmentTree } from "./fragment-tree.js";

let outside: string;
let folder: string;

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), "sinter-tree-"));
  folder = join(outside, "in");
  mkdirSync(folder);
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
});

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "1");
  }
}

const paths = () => fragmentTree(folder).files.map(({ path }) => path);

test("files are in the order of the bytes of their paths", () => {
  put("b.json", "a/z.json", "a.json", "a-b.json", "a/b/c.yaml", "B.toml", "\u{1f600}.json", "\uffff.json", "é.csv", "10.json", "9.json");
  expect(paths()).toEqual([
    "10.json",
    "9.json",
    "B.toml",
    "a-b.json",
    "a.json",
    "a/b/c.yaml",
    "a/z.json",
    "b.json",
    "é.csv",
    "\uffff.json",
    "\u{1f600}.json",
  ]);
});

test("the order is that of the bytes, whatever the names are", () => {
  const names = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom("a", "Z", "é", "\uffff", "\u{1f600}", "-", "0"), minLength: 1, maxLength: 5 }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(names, (each) => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      const all = each.map((name) => `${name}.json`);
      put(...all);
      expect(paths()).toEqual(all.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
    }),
    { numRuns: 30 },
  );
});

test("each file has its format", () => {
  put("a.json", "b.yml.gz", "c.tsv");
  expect(fragmentTree(folder).files.map(({ format }) => format.name)).toEqual(["JSON", "YAML", "TSV"]);
});

test("what is hidden or left behind by an editor is passed over without a word", () => {
  put(
    "a.json",
    ".hidden.json",
    ".git/b.json",
    "b.json~",
    "#c.json#",
    "d.json.tmp",
    "e.part",
    ".f.json.swp",
    "g.swp",
    "~$h.csv",
    "i~/j.json",
  );
  expect(fragmentTree(folder)).toMatchObject({ files: [{ path: "a.json" }], skipped: [], unreadable: [] });
});

test("what is no fragment is told of, with why", async () => {
  put("a.json", "README.md", "b/c.txt", "d.pb", "json");
  const server = createServer().listen(join(folder, "socket.json"));
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { files, skipped } = fragmentTree(folder);
  expect(files.map(({ path }) => path)).toEqual(["a.json"]);
  expect(skipped.map(({ path }) => path)).toEqual(["README.md", "b/c.txt", "d.pb", "json", "socket.json"]);
  expect(skipped.map(({ reason }) => reason.slice(0, 20))).toEqual([
    "its name ends with n",
    "its name ends with n",
    "what its bytes mean ",
    "its name ends with n",
    "it is no file",
  ]);
});

test("links are followed, wherever they lead", () => {
  // As a cluster mounts configuration: the folder is changed by one rename.
  put("..2026/a.yaml", "..2026/b/c.json");
  symlinkSync("..2026", join(folder, "..data"));
  symlinkSync("..data/a.yaml", join(folder, "a.yaml"));
  symlinkSync("..data/b", join(folder, "b"));
  writeFileSync(join(outside, "d.json"), "1");
  symlinkSync("../d.json", join(folder, "d.json"));
  expect(paths()).toEqual(["a.yaml", "b/c.json", "d.json"]);
});

test("links never lead in a circle", () => {
  put("a/b/c.json");
  symlinkSync("../..", join(folder, "a/b/up"));
  symlinkSync(".", join(folder, "a/self"));
  mkdirSync(join(outside, "other"));
  writeFileSync(join(outside, "other/x.json"), "1");
  symlinkSync(folder, join(outside, "other/back"));
  symlinkSync("../other", join(folder, "over"));
  const { files, skipped } = fragmentTree(folder);
  expect(files.map(({ path }) => path)).toEqual(["a/b/c.json", "over/x.json"]);
  expect(skipped).toEqual(["a/b/up", "a/self", "over/back"].map((path) => ({ path, reason: "it leads back to where it lies" })));
  symlinkSync(folder, join(outside, "alias"));
  expect(fragmentTree(join(outside, "alias")).files.map(({ path }) => path)).toEqual(["a/b/c.json", "over/x.json"]);
});

test("a link that leads nowhere, and a name that is no text, cannot be read", () => {
  put("a.json");
  symlinkSync("nowhere.json", join(folder, "b.json"));
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff), Buffer.from(".json")]), "1");
  expect(fragmentTree(folder).unreadable).toEqual([
    { path: "b.json", reason: "it leads nowhere (ENOENT)" },
    { path: "\ufffd.json", reason: "its name is no UTF-8: call it something else" },
  ]);
  expect(paths()).toEqual(["a.json"]);
});

test("a folder that one may not read is told of", (context) => {
  if (process.getuid?.() === 0) context.skip("root may read everything");
  put("a/b.json", "c.json");
  chmodSync(join(folder, "a"), 0);
  onTestFinished(() => chmodSync(join(folder, "a"), 0o700));
  expect(fragmentTree(folder)).toMatchObject({
    files: [{ path: "c.json" }],
    unreadable: [{ path: "a", reason: "it cannot be read (EACCES)" }],
  });
});

test("folders may be so deep in one another, and no deeper, by links neither", () => {
  const deep = (depth: number) => `${Array(depth).fill("d").join("/")}/a.json`;
  put(deep(treeDepthMax));
  expect(paths()).toEqual([deep(treeDepthMax)]);
  put(deep(treeDepthMax + 1));
  expect(() => fragmentTree(folder)).toThrow(`is deeper than ${treeDepthMax} folders`);
});

test("there may be so many files and folders, what is passed over among them, and no more", () => {
  put("a.json", "b/c.json", "b/.hidden", "d.txt");
  // The folder b is one of them.
  expect(fragmentTree(folder, { filesMax: 5 }).files).toHaveLength(2);
  const refused = expect.objectContaining({ code: "too-large", message: `${folder} holds more than 4 files and folders` });
  expect(() => fragmentTree(folder, { filesMax: 4 })).toThrow(refused);
});

test("links that lead to twice as many folders each do not go on for ever", () => {
  const levels = 40;
  for (let at = 0; at < levels; at++) {
    mkdirSync(join(outside, `level${at}`));
    for (const name of ["one", "two"]) symlinkSync(join(outside, `level${at + 1}`), join(outside, `level${at}`, name));
  }
  mkdirSync(join(outside, `level${levels}`));
  symlinkSync(join(outside, "level0"), join(folder, "start"));
  expect(() => fragmentTree(folder)).toThrow(`more than ${treeLinksMax} links to folders`);
});

test("what is no folder is refused, with what to do", () => {
  put("a.json");
  expect(() => fragmentTree(join(folder, "none"))).toThrow(SinterError);
  expect(() => fragmentTree(join(folder, "a.json"))).toThrow("is no folder");
});
