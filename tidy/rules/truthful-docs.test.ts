import { expect, test } from "vitest";
import { truthfulDocs } from "./truthful-docs.js";

const house = [
  { path: "package.json", text: '{"scripts":{"check":"x","test":"y","test:unit":"z"}}' },
  { path: "packages/core/src/bytes/reader.ts", text: "" },
  { path: "packages/cli/src/program.ts", text: 'program.command("append <subject> [text]");' },
  { path: "docs/wire.md", text: "" },
  { path: "sinter", text: "" },
];
const found = (text: string) => truthfulDocs([...house, { path: "docs/page.md", text }]).map(({ what }) => what);

test.each([
  ["`packages/core/src/gone.ts`", "no such path"],
  ["`docs/gone.md` is a page", "no such path"],
  ["[a page](gone.md)", "no such path"],
  ["run `npm run gone`", "no script"],
  ["```sh\nnpm run gone -- x\n```", "no script"],
  ["`sinter gone a`", "no command"],
  ["```sh\n./sinter gone\n```", "no command"],
])("found: %s", (text, what) => {
  expect(found(text)).toEqual([expect.stringContaining(what)]);
});

test.each([
  "`packages/core/src/bytes/reader.ts` and `packages/core`, `packages/*/src`, `packages/<name>/src`",
  "[bytes](wire.md) and [outside](https://example.org/x.md)",
  "`npm ci && npm test`, `npm run test:unit -- packages/core/src/bytes`, `npm run -s check`",
  "```sh\n./sinter append a/b hello\nnpx sinter append a/b\n```",
  "the text `sinter 1 feed` is a tag; `a/b/c` is a path of a subject",
  "words without code: packages/gone, npm run gone, sinter gone",
  "`packages/core/dist/index.js` is built",
])("passes: %s", (text) => {
  expect(found(text)).toEqual([]);
});

test("the changelog may tell of what was", () => {
  expect(truthfulDocs([...house, { path: "CHANGELOG.md", text: "`docs/gone.md`" }])).toEqual([]);
});
