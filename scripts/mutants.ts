import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { catalogue, type Mutant } from "../mutants/catalogue.js";
import { run } from "./processes.mjs";

// npm run test:mutants [-- NAME …]: the tests each mutant names pass without it and fail with it. A run that fails for
// any other reason than a failing test (it does not start, it is late) is not a catch. With --share K/N, every Nth mutant from
// the Kth on: the gate takes the share that the commit's hash says, so that all have their turn.

const root = new URL("..", import.meta.url).pathname;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { share: { type: "string", default: "1/1" } } });
const [share, shares] = values.share.split("/").map(Number) as [number, number];
const named = positionals.length === 0 ? catalogue : catalogue.filter(({ name }) => positionals.includes(name));
const chosen = named.filter((_, index) => index % shares === (share - 1) % shares);
const seed = process.env["SINTER_SEED"] ?? "1";

async function testsPass(tests: readonly string[], mutant?: Mutant): Promise<"pass" | "fail" | "broken"> {
  const edit = mutant === undefined ? "" : JSON.stringify({ file: mutant.file, find: mutant.find, replace: mutant.replace });
  // Mutants run side by side, each on one core; the tests without any have all cores to themselves.
  const workers = mutant === undefined ? "" : "--maxWorkers 1";
  const command = `./node_modules/.bin/vitest run --bail 1 --reporter=dot ${workers} ${tests.join(" ")}`;
  const env = { SINTER_MUTANT_EDIT: edit, SINTER_SEED: seed, SINTER_REPORT: "", NO_COLOR: "1" };
  const { ok, output } = await run(command, { cwd: root, env, timeoutMs: mutant === undefined ? 300_000 : 120_000 });
  if (ok) return "pass";
  // A mutant that makes a test wait for ever is caught by that test's own time limit, and counted as failed.
  if (mutant !== undefined && /Tests .*\d+ failed|FAIL /.test(output)) return "fail";
  process.stderr.write(output);
  return "broken";
}

if (chosen.length === 0) {
  process.stderr.write(`no mutant of that name; there are: ${catalogue.map(({ name }) => name).join(", ")}\n`);
  process.exit(2);
}

const began = performance.now();
const all = [...new Set(chosen.flatMap(({ tests }) => tests))];
const clean = await testsPass(all);
process.stdout.write(`${clean === "pass" ? "ok" : "FAILED"}: without a mutant the tests pass\n`);
let missed = clean === "pass" ? 0 : 1;

const waiting = clean === "pass" ? [...chosen] : [];
async function tryMutants(): Promise<void> {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const outcome = await testsPass(mutant.tests, mutant);
    if (outcome !== "fail") missed++;
    process.stdout.write(
      `${outcome === "fail" ? "caught" : outcome === "pass" ? "SURVIVED" : "BROKEN"}: ${mutant.name} — ${mutant.what}\n`,
    );
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, tryMutants));
process.stdout.write(`${chosen.length} mutants, ${missed} missed, ${((performance.now() - began) / 1000).toFixed(0)} s, seed ${seed}\n`);
process.exit(missed === 0 ? 0 : 1);
