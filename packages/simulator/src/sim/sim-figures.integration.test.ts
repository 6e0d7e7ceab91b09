import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { settled } from "../hosts/settled.suite.js";
import { runFivePeers, runOneWrite } from "./sim-figures.js";

const seed = 1;

test("five peers come to agree, whatever is lost", async () => {
  const record = await runFivePeers({ hasher, settled, seed });
  expect(record.violations).toEqual([]);
  expect(record.endedMs).toBe(60_000);
  expect(record.convergedMs).toBeDefined();
  expect(Object.keys(record.faults).sort()).toEqual(["duplication", "link-failure", "loss", "reordering"]);
}, 30_000);

test("one write is everywhere, and then the run is over", async () => {
  const record = await runOneWrite({ hasher, settled, seed, peers: 60 });
  expect(record.violations).toEqual([]);
  expect([record.writes, record.convergedMs]).toEqual([1, record.endedMs]);
  expect(record.endedMs).toBeLessThan(10_000);
}, 30_000);
