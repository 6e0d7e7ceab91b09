// Kills a writing process with SIGKILL at random moments and looks whether every event it acknowledged is there.
//   npm run test:kills -- --rounds 300 --seed 7
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SeededRandom } from "@sinter/simulator";

const MAIN = fileURLToPath(new URL("../packages/cli/dist/main.js", import.meta.url));
const SUBJECT = "kills/log";
/** A store serves this many rounds: crash upon crash, without `cat` growing without end. */
const ROUNDS_PER_STORE = 25;
const KILL_AFTER_MS_MAX = 500;
/** A process that has acknowledged nothing by then is killed all the same. */
const PATIENCE_MS = 10_000;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "40" }, seed: { type: "string", default: `${Date.now() % 1e9}` } },
});
const rounds = Number(values.rounds);
const random = new SeededRandom(Number(values.seed));
console.log(`kills: ${rounds} rounds, seed ${values.seed} (the moments of the kills depend on the machine as well)`);

/** Text by id, of every event some round saw acknowledged. */
type Acknowledged = Map<string, string>;

function run(dir: string, ...args: string[]): { code: number | null; lines: Record<string, unknown>[]; stderr: string } {
  const result = spawnSync(process.execPath, [MAIN, ...args, "--json", "--data", dir], { encoding: "utf8", maxBuffer: 1 << 30 });
  const lines = result.stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code: result.status, lines, stderr: result.stderr };
}

async function killedWhileWriting(dir: string, round: number, acknowledged: Acknowledged): Promise<number> {
  const child = spawn(process.execPath, [MAIN, "append", SUBJECT, "--json", "--data", dir], { stdio: ["pipe", "pipe", "ignore"] });
  const exited = once(child, "exit");
  const sent: string[] = [];
  let received = 0;
  // Two kills of three come while acknowledgements flow, the third anywhere from the very start of the process on.
  const early = random.below(3) === 0;
  const kill = () => child.kill("SIGKILL");
  let timer = setTimeout(kill, early ? random.below(KILL_AFTER_MS_MAX) : PATIENCE_MS);
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!early && received === 0) {
      clearTimeout(timer);
      timer = setTimeout(kill, random.below(KILL_AFTER_MS_MAX));
    }
    // The last line of a killed process may be cut short: it acknowledges nothing.
    if (!line.endsWith("}")) return;
    acknowledged.set((JSON.parse(line) as { id: string }).id, sent[received++] as string);
  });
  child.stdin.on("error", () => undefined); // EPIPE: the kill came while a line was on its way
  const feed = setInterval(() => {
    for (let count = random.below(40); count >= 0; count--) {
      const text = `round ${round} line ${sent.length} ${"x".repeat(random.below(300))}`;
      sent.push(text);
      child.stdin.write(`${text}\n`);
    }
  }, 2);
  await exited;
  clearInterval(feed);
  clearTimeout(timer);
  return received;
}

function problems(dir: string, acknowledged: Acknowledged): string[] {
  const found: string[] = [];
  // Killed before it had made the store: then it can have acknowledged nothing.
  if (acknowledged.size === 0 && (!existsSync(join(dir, "store.mdb")) || statSync(join(dir, "store.mdb")).size === 0)) return found;
  const audit = run(dir, "audit");
  if (audit.code !== 0) found.push(`audit exited ${audit.code}: ${JSON.stringify(audit.lines.at(-1))} ${audit.stderr}`);
  const cat = run(dir, "cat", SUBJECT);
  if (cat.code !== 0 && acknowledged.size > 0) found.push(`cat exited ${cat.code}: ${cat.stderr}`);
  const there = new Map(cat.lines.map((line) => [line["id"] as string, line["payload"] as string]));
  for (const [id, text] of acknowledged) {
    if (there.get(id) !== text) found.push(`acknowledged ${id} (${text.slice(0, 30)}) is ${there.has(id) ? "another event" : "gone"}`);
  }
  return found;
}

let failed = 0;
let total = 0;
let dir = "";
let acknowledged: Acknowledged = new Map();
for (let round = 0; round < rounds; round++) {
  if (round % ROUNDS_PER_STORE === 0 || dir === "") {
    if (dir !== "") rmSync(dir, { recursive: true, force: true });
    dir = mkdtempSync(join(tmpdir(), "sinter-kills-"));
    acknowledged = new Map();
  }
  total += await killedWhileWriting(dir, round, acknowledged);
  const found = problems(dir, acknowledged);
  if (found.length > 0) {
    failed++;
    console.error(`round ${round} (store kept at ${dir}):\n  ${found.slice(0, 5).join("\n  ")}`);
    dir = "";
  }
}
if (dir !== "") rmSync(dir, { recursive: true, force: true });
console.log(`kills: ${total} events acknowledged before ${rounds} kills, none of them lost in ${rounds - failed} rounds`);
console.log(`${rounds - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
