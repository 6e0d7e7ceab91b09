import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finish, type Setting } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  setting = { stores: new MemoryStores(), env: {} };
  put("in/base/api.json", { services: { api: { replicas: 2, image: "api:1" } }, owner: "platform" });
  put("in/team/api.json", { $fragment: { source: "team", stamp: 7 }, body: { services: { api: { replicas: 5 } } } });
  put("strategies.json", { paths: { "/services/*/replicas": "max" } });
});

afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, content: unknown): void {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
}

const output = () => join(dir, "canonical.json");
const published = () => readFileSync(output(), "utf8");

function synthesize(...flags: string[]) {
  return finish(setting, ["synthesize", "--input-dir", join(dir, "in"), ...flags]);
}

const DOCUMENT = '{"owner":"platform","services":{"api":{"image":"api:1","replicas":5}}}';

test("fragments come to one canonical document, and nothing is written where it is there already", async () => {
  const first = await synthesize("--output-path", output(), "--strategies", join(dir, "strategies.json"), "--json");
  expect([first.code, first.stderr, published()]).toEqual([0, "", DOCUMENT]);
  const [told] = first.stdout.json;
  expect(told).toEqual({ fragments: 2, refused: 0, conflicts: 1, hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), published: true });
  const before = statSync(output(), { bigint: true });
  const again = await synthesize("--output-path", output(), "--strategies", join(dir, "strategies.json"), "--json");
  expect(again.stdout.json).toEqual([{ ...told, published: false }]);
  expect(statSync(output(), { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
});

test("what it did is told in words, and where to look further at a terminal", async () => {
  const run = await finish(
    setting,
    ["synthesize", "--input-dir", join(dir, "in"), "--output-path", output()],
    (session) => (session.stderr.isTTY = true),
  );
  expect(run.stdout.lines).toEqual([expect.stringMatching(/^2 fragments, 1 conflict: .*canonical\.json published, sha256:[0-9a-f]{64}$/)]);
  expect(run.stderr).toContain("--explain /services/api/replicas");
});

test("explain says who says what, where in which file, and why one counts; nothing is published", async () => {
  const run = await synthesize("--explain", "/services/api/replicas", "--explain", "/owner", "--output-path", output());
  expect([run.code, run.stdout.lines]).toEqual([
    0,
    [
      "/services/api/replicas: 5",
      "  lww, resolved: said last",
      "  + 5  team/api.json:1  (source team, stamp 7)",
      "  - 2  base/api.json:1",
      '/owner: "platform"',
      "  lww, agreed: all that is said is the same",
      '  + "platform"  base/api.json:1',
    ],
  ]);
  expect(published).toThrow(/ENOENT/);
  const json = await synthesize("--explain", "/owner", "--json");
  expect(json.stdout.json[0]).toMatchObject({
    explained: { pointer: "/owner", candidates: [{ file: "base/api.json", line: 1, counts: true }] },
  });
  const nowhere = await synthesize("--explain", "/nobody");
  expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("no fragment says anything at /nobody")]);
});

test("conflicts are listed a line each, into a file or to standard output", async () => {
  const list = join(dir, "conflicts.ndjson");
  const run = await synthesize("--output-path", output(), "--conflicts", list);
  expect(run.code).toBe(0);
  const [conflict] = readFileSync(list, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(conflict).toMatchObject({ pointer: "/services/api/replicas", strategy: "lww", outcome: "resolved", value: 5 });
  const shown = await synthesize("--conflicts", "-");
  expect(shown.stdout.json).toEqual([conflict]);
});

test("check exits 1 if the published document is another, or if a conflict is not resolved, and publishes nothing", async () => {
  expect((await synthesize("--output-path", output(), "--check")).code).toBe(1);
  expect(published).toThrow(/ENOENT/);
  await synthesize("--output-path", output());
  expect((await synthesize("--output-path", output(), "--check")).code).toBe(0);
  put("in/base/api.json", { services: { api: { replicas: 2, image: "api:2" } }, owner: "platform" });
  const drift = await synthesize("--output-path", output(), "--check", "--diff");
  expect([drift.code, drift.stdout.lines.slice(0, 2)]).toEqual([1, ['- /services/api/image: "api:1"', '+ /services/api/image: "api:2"']]);
  put("unanimous.json", { paths: { "/services/api/replicas": "unanimous" } });
  const rules = ["--strategies", join(dir, "unanimous.json")];
  expect((await synthesize("--output-path", output(), ...rules)).stdout.lines[0]).toContain("1 conflict (1 unresolved)");
  expect((await synthesize("--output-path", output(), "--check", ...rules)).code).toBe(1);
});

test("a fragment that is not as it has to be stops the run, and is left out if that is asked for", async () => {
  put("in/bad.json", '{"services":{"api":{\n"replicas":"many"}}}');
  put("in/worse.json", '{"a":1,"a":2}');
  const rules = ["--strategies", join(dir, "strategies.json")];
  const strict = await synthesize("--output-path", output(), ...rules);
  expect([strict.code, strict.stdout.lines]).toEqual([
    1,
    [
      'refused: bad.json:2 /services/api/replicas: expected a number, for max, found "many"',
      expect.stringMatching(/^refused: worse\.json:1: /),
    ],
  ]);
  expect(strict.stderr).toContain("2 fragments refused, and nothing published");
  expect(published).toThrow(/ENOENT/);
  const lenient = await synthesize("--output-path", output(), "--lenient", "--json", ...rules);
  expect([lenient.code, published()]).toEqual([0, DOCUMENT]);
  expect(lenient.stdout.json[0]).toMatchObject({ refused: { id: "bad.json", line: 2, pointer: "/services/api/replicas" } });
  expect(lenient.stdout.json.at(-1)).toMatchObject({ fragments: 2, refused: 2, published: true });
});

test("a schema is held against fragments, and against the document as a whole", async () => {
  put("schema.json", {
    properties: { services: { additionalProperties: { properties: { replicas: { type: "integer", "x-merge": "min" } } } } },
    required: ["owner"],
  });
  const rules = ["--schema", join(dir, "schema.json")];
  expect((await synthesize("--output-path", output(), ...rules)).code).toBe(0);
  expect(JSON.parse(published())).toMatchObject({ services: { api: { replicas: 2 } } });
  put("in/base/api.json", { services: { api: { replicas: 2 } } });
  const lacking = await synthesize("--output-path", output(), ...rules);
  expect([lacking.code, lacking.stderr]).toEqual([1, expect.stringContaining("the document does not fit the schema")]);
  put("in/base/api.json", { services: { api: { replicas: 2.5 } }, owner: "platform" });
  const unfit = await synthesize("--output-path", output(), ...rules);
  expect(unfit.stdout.lines[0]).toMatch(/^refused: base\/api\.json:1 \/services\/api\/replicas: expected a whole number/);
});

test("where the strategy is error, a conflict stops everything", async () => {
  put("error.json", { paths: { "/services/**": "error" } });
  const run = await synthesize("--output-path", output(), "--strategies", join(dir, "error.json"));
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining("first at /services/api/replicas; nothing published")]);
  expect(published).toThrow(/ENOENT/);
});

test("no fragments are no document", async () => {
  rmSync(join(dir, "in"), { recursive: true });
  mkdirSync(join(dir, "in"));
  const run = await synthesize("--output-path", output());
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining("there is no fragment in")]);
});

test("watched, it is made again when a fragment or a rule changes, what is wrong is told, and Ctrl-C ends it", async () => {
  const rules = join(dir, "strategies.json");
  const shown: string[] = [];
  const run = await finish(
    setting,
    ["synthesize", "--input-dir", join(dir, "in"), "--output-path", output(), "--strategies", rules, "--watch"],
    async (session) => {
      const until = async (part: string) => {
        const told = () => session.stdout.text + session.stderr.text;
        while (!told().includes(part)) await new Promise((resolve) => setImmediate(resolve));
        shown.push(part);
      };
      await until("2 fragments, 1 conflict");
      put("in/more.json", { votes: 1 });
      await until("3 fragments, 1 conflict");
      put("in/more.json", "{");
      await until("1 fragment refused, and nothing published");
      put("in/more.json", { votes: 2 });
      put("strategies.json", { paths: { "/services/*/replicas": "min" } });
      await until(`3 fragments, 1 conflict: ${output()} published`);
      while (!published().includes('"replicas":2')) await new Promise((resolve) => setImmediate(resolve));
      session.interrupt();
    },
  );
  expect([run.code, shown]).toHaveLength(2);
  expect(run.code).toBe(0);
});

test.each([
  { flags: [], told: "which file the document is" },
  { flags: ["--output-path", "x", "--watch", "--check"], told: "--watch publishes" },
  { flags: ["--output-path", "x", "--proto", "x.proto"], told: "--proto and --message go together" },
  { flags: ["--explain", "services"], told: "no JSON pointer" },
  { flags: ["--output-path", "x", "--jobs", "0"], told: "from 1 to" },
])("wrong usage exits 2: $told", async ({ flags, told }) => {
  const run = await synthesize(...flags);
  expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(told)]);
});
