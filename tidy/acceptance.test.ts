import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { promisedIn, testsNamed } from "./acceptance.js";

// docs/acceptance.md must not promise a test that is not there.

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const promised = promisedIn(read("docs/acceptance.md"));

const traps = Array.from({ length: 16 }, (_, at) => `T${14 + at}`);
const list =
  "CORE-DET-01 CORE-DET-02 CORE-HASH-01 CORE-MT-01 CORE-MT-02 CORE-SV-01 CORE-SV-02 CORE-HLC-01 CORE-VAL-01 SYNC-FC-01 SYNC-EPOCH-01 " +
  "SYNC-FAIR-01 TR-FRAME-01 SYS-EC-01 SYS-CHAOS-01 SYS-BDS-01 SYS-SV-01 PERF-MT-01 PERF-WIND-01 SEC-TLS-01";

test("all that is asked for is in the table, once", () => {
  expect(promised.map(({ id }) => id)).toEqual([...list.split(" "), ...traps]);
});

test.each(promised)("$id is a test of that name, and says so", (each) => {
  expect(testsNamed(read(each.path), each)).toHaveLength(1);
});

test("a test of another name, or of no id, or of another id, is not the one that is promised", () => {
  const [row] = promisedIn("| T14 | a fault | `a/b.test.ts`: it holds |\n");
  expect(row).toEqual({ id: "T14", path: "a/b.test.ts", name: "it holds" });
  const found = ['test("T14 it holds: %s"', 'test("T14 it does"', 'test("it holds"', 'test("T15 it holds"', 'test("T15 T14 it holds"'];
  expect(found.map((line) => testsNamed(line, row as NonNullable<typeof row>).length)).toEqual([1, 0, 0, 0, 1]);
});
