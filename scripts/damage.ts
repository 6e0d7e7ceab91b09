// Flips bits and swaps pages in the data file of a closed store, opens what is left and reads all of it: nothing that was not
// written may ever be served, and an audit that finds nothing wrong must be right. Half of it befalls a store of many events, half
// the newest golden one, which has something of everything: forks, redactions, second signatures, what others wrote.
//   npm run test:damage -- --flips 100000 --swaps 10000 --seed 1
// LMDB maps its file and trusts it: a damaged one may end the process that reads it. So a child does the reading, and its end, or
// its falling silent, is an answer like an error: nothing wrong was served.
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Peer, SinterError } from "@sinter/core";
import { SeededRandom } from "@sinter/simulator";
import { open } from "sinter";
import { copyStore, goldens } from "../packages/sinter/src/golden-store.suite.js";

const PAGE_BYTES = 4096;
/** The child is started anew after so many, lest what one damaged map left behind weigh on the next. */
const PER_CHILD = 2_000;
const SILENT_MS = 8_000;
const DATA = "store.mdb";
const KEYS = "keys.json";

/** What reading a damaged store came to. */
type Outcome = "as written" | "told" | "ended" | "silent" | "wrong";

interface Told {
  readonly index: number;
  readonly outcome: Outcome;
  readonly detail: string;
}

interface Damage {
  readonly name: string;
  apply(bytes: Uint8Array): void;
}

const { values } = parseArgs({
  options: {
    flips: { type: "string", default: "300" },
    swaps: { type: "string", default: "100" },
    seed: { type: "string", default: `${Date.now() % 1e9}` },
    // Given to the child alone: the folder of the whole store, and the first damage that is its own.
    whole: { type: "string" },
    from: { type: "string", default: "0" },
  },
});
const flips = Number(values.flips);
const total = flips + Number(values.swaps);

function damageOf(index: number, fileBytes: number): Damage {
  const random = new SeededRandom(`${values.seed}/${index}`);
  if (index < flips) {
    const at = random.below(fileBytes);
    const bit = random.below(8);
    return {
      name: `bit ${bit} of byte ${at}`,
      apply: (bytes) => {
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
      },
    };
  }
  const pages = Math.floor(fileBytes / PAGE_BYTES);
  const [left, right] = [random.below(pages) * PAGE_BYTES, random.below(pages) * PAGE_BYTES];
  return {
    name: `pages ${left / PAGE_BYTES} and ${right / PAGE_BYTES}`,
    apply: (bytes) => {
      const kept = bytes.slice(left, left + PAGE_BYTES);
      bytes.copyWithin(left, right, right + PAGE_BYTES);
      bytes.set(kept, right);
    },
  };
}

/** Every subject's events in order, each as text; and beside them what is said of feeds. */
type Contents = Readonly<Record<string, readonly string[]>>;

interface Read {
  readonly contents: Contents;
  readonly faults: readonly string[];
  readonly ok: boolean;
}

async function contentsOf(dir: string, subjects: readonly string[]): Promise<Read> {
  const peer = await open({ dir, control: "none" });
  try {
    const contents: Record<string, string[]> = {};
    const faults: string[] = [];
    const reading = async (what: string, read: (found: string[]) => Promise<void>) => {
      contents[what] = [];
      try {
        await read(contents[what]);
      } catch (error) {
        if (!(error instanceof SinterError)) throw error;
        faults.push(error.message);
      }
    };
    for (const subject of subjects) {
      await reading(subject, (found) => readEvents(peer, subject, found));
      await reading(`both signatures: ${subject}`, (found) => readEvents(peer, subject, found, "hybrid"));
    }
    await reading("forks", async (found) => {
      // What of its feed counts is read off the feed.
      for (const { author, epoch, nonce, freezeAt } of await peer.forks()) found.push([author, epoch, nonce, freezeAt].join(" "));
    });
    await reading(WANTED, async (found) => {
      for (const { author, epoch, nonce, seq, hash } of (await peer.wanted()).wanted)
        found.push([author, epoch, nonce, seq, hash].join(" "));
    });
    const { ok } = await peer.audit();
    return { contents, faults, ok };
  } finally {
    await peer.close();
  }
}

async function readEvents(peer: Peer, subject: string, found: string[], assurance: "classical" | "hybrid" = "classical"): Promise<void> {
  for await (const { author, epoch, seq, id, stamp, kind, origin, payload } of peer.events(subject, { assurance })) {
    // Why a payload is absent is told by other records: that these are lost, an audit tells.
    const said = payload === undefined ? "absent" : Buffer.from(payload).toString("hex");
    found.push([author, epoch, seq, id, stamp, kind, origin?.id, said].join(" "));
  }
}

async function makeWhole(dir: string): Promise<void> {
  const random = new SeededRandom("the store that is damaged");
  const peer = await open({ dir, control: "none" });
  for (let round = 0; round < 12; round++) {
    for (const subject of ["team/notes", "team/votes", "field/log", "alone"]) {
      const events = Array.from({ length: 1 + random.below(round % 4 === 0 ? 60 : 4) }, () => ({
        payload: random.bytes(random.below(400)),
      }));
      await peer.append(subject, events);
    }
  }
  await peer.append("team/large", [{ payload: random.bytes(30_000) }, { payload: random.bytes(10) }]);
  await peer.status();
  await peer.close();
}

/** Wanted is what no record says is redacted: that such a record is lost, an audit tells. */
const WANTED = "wanted";

/** `wrong` is what must never be: an event that was not written, or less than was written and nobody the wiser. */
function judged(truth: Contents, { contents, faults, ok }: Read): { outcome: Outcome; detail: string } {
  for (const [subject, events] of Object.entries(truth)) {
    const written = new Set(events);
    const stranger = subject === WANTED ? undefined : contents[subject]?.find((event) => !written.has(event));
    if (stranger !== undefined) return { outcome: "wrong", detail: `${subject} served ${stranger.slice(0, 120)}` };
  }
  if (faults.length > 0 || !ok) return { outcome: "told", detail: faults[0] ?? "the audit" };
  const isWhole = Object.entries(truth).every(([subject, events]) => events.join() === contents[subject]?.join());
  return isWhole ? { outcome: "as written", detail: "" } : { outcome: "wrong", detail: "events are missing, and nothing says so" };
}

interface Whole {
  readonly dir: string;
  readonly bytes: Uint8Array;
  readonly subjects: readonly string[];
  readonly truth: Contents;
}

async function wholeOf(dir: string): Promise<Whole> {
  const bytes = readFileSync(join(dir, DATA));
  const copy = copyOf({ dir }, bytes);
  const peer = await open({ dir: copy, control: "none" });
  const subjects = (await peer.status()).subjects.map(({ path }) => path);
  await peer.close();
  const { contents } = await contentsOf(copy, subjects);
  rmSync(copy, { recursive: true });
  return { dir, bytes, subjects, truth: contents };
}

/** Beside the whole one, with the same keys. */
function copyOf({ dir }: Pick<Whole, "dir">, bytes: Uint8Array): string {
  const copy = mkdtempSync(join(dir, "damaged-"));
  writeFileSync(join(copy, DATA), bytes);
  writeFileSync(join(copy, KEYS), readFileSync(join(dir, KEYS)), { mode: 0o600 });
  return copy;
}

const wholeDirs = (root: string) => ["many", "golden"].map((name) => join(root, name));

async function child(root: string): Promise<void> {
  const wholes = await Promise.all(wholeDirs(root).map(wholeOf));
  const from = Number(values.from);
  for (let index = from; index < Math.min(total, from + PER_CHILD); index++) {
    const whole = wholes[index % wholes.length] as Whole;
    const damaged = Uint8Array.from(whole.bytes);
    damageOf(index, damaged.length).apply(damaged);
    const dir = copyOf(whole, damaged);
    let told: Told;
    try {
      told = { index, ...judged(whole.truth, await contentsOf(dir, whole.subjects)) };
    } catch (error) {
      told = { index, outcome: error instanceof SinterError ? "told" : "wrong", detail: String(error) };
    }
    process.send?.(told);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs one child from `from` on, and answers where the next one goes on. */
async function supervised(whole: string, from: number, take: (told: Told) => void): Promise<number> {
  let next = from;
  const args = ["--flips", values.flips, "--swaps", values.swaps, "--seed", values.seed, "--whole", whole, "--from", `${from}`];
  const run = fileURLToPath(new URL("run.mjs", import.meta.url));
  const reader: ChildProcess = fork(run, [fileURLToPath(import.meta.url), ...args], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  let ending: Outcome = "ended";
  const silent = () => {
    ending = "silent";
    reader.kill("SIGKILL");
  };
  let watch = setTimeout(silent, SILENT_MS);
  reader.on("message", (told: Told) => {
    clearTimeout(watch);
    watch = setTimeout(silent, SILENT_MS);
    next = told.index + 1;
    take(told);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => reader.on("exit", (...end) => resolve(end)));
  clearTimeout(watch);
  if (next >= Math.min(total, from + PER_CHILD)) return next;
  // Had it not even begun, the fault would be ours, again and again.
  take({
    index: next,
    outcome: code === null || code === 134 ? ending : "wrong",
    detail: `the reader ended: code ${code}, signal ${signal}`,
  });
  return next + 1;
}

async function main(): Promise<void> {
  const whole = mkdtempSync(join(tmpdir(), "sinter-damage-"));
  console.log(`damage: ${flips} flipped bits and ${values.swaps} swapped pages, seed ${values.seed}`);
  const [many, golden] = wholeDirs(whole) as [string, string];
  await makeWhole(many);
  mkdirSync(golden);
  copyStore((goldens.at(-1) as (typeof goldens)[number]).dir, golden);
  const fileBytes = [many, golden].map((dir) => readFileSync(join(dir, DATA)).length);
  const counts: Record<Outcome, number> = { "as written": 0, told: 0, ended: 0, silent: 0, wrong: 0 };
  for (let from = 0; from < total; ) {
    from = await supervised(whole, from, ({ index, outcome, detail }) => {
      counts[outcome]++;
      if (outcome === "wrong" || outcome === "silent")
        console.error(`${outcome}: ${damageOf(index, fileBytes[index % fileBytes.length] as number).name} (damage ${index}): ${detail}`);
    });
  }
  rmSync(whole, { recursive: true, force: true });
  const words = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  console.log(
    `stores of ${fileBytes.join(" and ")} bytes: ${words.join(", ")}; again: npm run test:damage -- --flips ${flips} --swaps ${values.swaps} --seed ${values.seed}`,
  );
  console.log(`${total - counts.wrong} passed, ${counts.wrong} failed`);
  process.exitCode = counts.wrong === 0 ? 0 : 1;
}

await (values.whole === undefined ? main() : child(values.whole));
