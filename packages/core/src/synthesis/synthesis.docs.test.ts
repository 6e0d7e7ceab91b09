import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { type AnyDefinedMerge, defineMerge } from "../merge/define-merge.js";
import { json } from "../merge/element-codec.js";
import { type Data, type DataObject, isDataObject } from "./data.js";
import { strategyNames } from "./rule.js";
import { compileSchema } from "./schema/compile.js";
import { strategiesFrom } from "./strategies-file.js";
import { type Fragment, synthesize } from "./synthesize.js";

// What docs/synthesis.md says of strategies is what they do: its tables are read and run.

const docs = new URL("../../../../docs/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, docs), "utf8");
const page = read("synthesis.md");

/** Whole numbers of any size. */
function dataFrom(text: string): Data {
  const exact = text.replaceAll(/(?<![\w."-])-?\d{16,}(?![\w."])/g, (digits) => `{"integer":"${digits}"}`);
  return JSON.parse(exact, (_name, value) =>
    isDataObject(value) && "integer" in value ? wholeFrom(String(value["integer"])) : (value as Data),
  ) as Data;
}

function wholeFrom(digits: string): number | bigint {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
}

interface Row {
  readonly line: number;
  readonly rule: Data;
  /** By source. */
  readonly cells: ReadonlyMap<string, string>;
  readonly comes: string;
  readonly outcome: string;
}

function rowsOf(markdown: string): Row[] {
  const rows: Row[] = [];
  let block: string[] | undefined;
  let rule: Data = null;
  let header: string[] = [];
  for (const [at, line] of markdown.split("\n").entries()) {
    if (line === "```json") block = [];
    else if (line === "```" && block !== undefined) {
      rule = dataFrom(block.join("\n"));
      block = undefined;
    } else block?.push(line);
    const cells = line.startsWith("| ")
      ? line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim())
      : [];
    if (cells.includes("comes to")) header = cells;
    else if (cells.length === 0 && !line.startsWith("|-")) header = [];
    else if (header.length > 0 && cells.length > 0) rows.push(rowOf(header, cells, { line: at + 1, rule }));
  }
  return rows;
}

function rowOf(header: readonly string[], cells: readonly string[], at: Pick<Row, "line" | "rule">): Row {
  const byName = new Map(header.map((name, index) => [name, cells[index]]));
  const [comes, outcome] = ["comes to", "outcome"].map((name) => byName.get(name) ?? expect.fail(`line ${at.line} has no column ${name}`));
  return { ...at, cells: new Map([...byName].filter(([name]) => /^[A-Z]$/.test(name))), comes, outcome };
}

function fragmentsOf({ cells, line }: Row): Fragment[] {
  return [...cells].flatMap(([source, cell]) => {
    const said = [...cell.matchAll(/`([^`]+)`(?: at (-?\d+))?(?: of priority (-?\d+))?(?:, |$)/g)];
    expect(said.map(([all]) => all).join(""), `line ${line}`).toBe(cell);
    return said.map(([, value, stamp, priority], at): Fragment => {
      const when = stamp === undefined ? {} : { stamp: Number(stamp) };
      return { id: `${source}${at}`, source, priority: Number(priority ?? 0), ...when, content: { place: dataFrom(value) } };
    });
  });
}

const rows = rowsOf(page);

test.each(rows.map((row) => ({ what: `${JSON.stringify(row.rule)} of ${[...row.cells.values()].join(" | ")}`, row })))(
  "line $row.line: $what",
  ({ row }) => {
    const { state, conflicts, refused } = synthesize(fragmentsOf(row), { strategies: { paths: { "/place": row.rule } } });
    const place = isDataObject(state as Data) ? (state as DataObject)["place"] : undefined;
    expect(place).toEqual(row.comes === "nothing" ? undefined : dataFrom(row.comes.slice(1, -1)));
    const worst =
      ["stopped", "unresolved", "resolved"].find((outcome) => conflicts.some((conflict) => conflict.outcome === outcome)) ?? "agreed";
    expect(refused.length === 0 ? worst : `${refused.map(({ id }) => id[0]).join()} refused`).toBe(row.outcome);
  },
);

test("every strategy has a table", () => {
  const names = new Set(rows.map(({ rule }) => (isDataObject(rule) ? rule["strategy"] : rule)));
  expect(strategyNames().filter((name) => !names.has(name))).toEqual(["custom"]);
  expect(rows.length).toBeGreaterThan(90);
});

test("the worked example shows its files as they are", () => {
  const blocks = [...page.matchAll(/^```(?:json|js)\n([\s\S]*?)^```/gm)].map(([, text]) => text);
  const files = readdirSync(new URL("synthesis/", docs), { recursive: true, encoding: "utf8" });
  const named = files.filter((path) => /^(?!scores\/).*\.(?:json|js)$/.test(path)).map((path) => `synthesis/${path}`);
  expect(named.length).toBe(7);
  for (const path of named) {
    expect(page, path).toContain(`docs/${path}`);
    expect(blocks, path).toContain(read(path));
  }
});

const example = ["base", "regions/eu", "teams/checkout", "on-call/2026-11-20"].map((name): readonly [string, Data] => [
  `${name}.json`,
  dataFrom(read(`synthesis/fragments/${name}.json`)),
]);

/** As `jq` multiplies objects. */
function lastWins(left: Data | undefined, right: Data): Data {
  if (!isDataObject(right) || left === undefined || !isDataObject(left)) return right;
  return { ...left, ...Object.fromEntries(Object.entries(right).map(([name, value]) => [name, lastWins(left[name], value)])) };
}

function blockAfter(text: string): Data {
  const [, block] = /^```json\n([\s\S]*?)^```/m.exec(page.slice(page.indexOf(text))) ?? expect.fail(text);
  return dataFrom(block);
}

test("what last-file-wins makes of it, and what strategies make of it, is as the page shows", () => {
  const bodies = example.map(([, content]) => (isDataObject(content) && "$fragment" in content ? content["body"] : content));
  expect(bodies.reduce<Data>(lastWins, {})).toEqual(blockAfter("it), the last file wins:"));
  const fragments = example.map(([id, content]) => ({ id, content }));
  const { state, refused } = synthesize(fragments, { strategies: dataFrom(read("synthesis/strategies.json")) });
  expect([state, refused]).toEqual([blockAfter("In words: whoever is nearer"), []]);
});

test("the other strategies files and the schema that it shows are right", () => {
  expect(strategiesFrom(blockAfter("so rules also say"), () => new Malformed("none"))).not.toBeInstanceOf(Malformed);
  const custom = dataFrom(read("synthesis/scores-strategies.json"));
  const types = {
    "high-scores": defineMerge({
      name: "x",
      version: 1,
      operation: json,
      empty: 0,
      apply: () => 0,
      join: () => 0,
      value: () => 0,
      sample: () => 0,
      source: "",
    }) as unknown as AnyDefinedMerge,
  };
  expect(synthesize([], { strategies: custom, types }).text).toBe("");
  const documents = new Map([["https://example.org/s", blockAfter("then it needs no strategies file")]]);
  expect(compileSchema({ root: "https://example.org/s", documents })).toHaveProperty("merge.child");
});
