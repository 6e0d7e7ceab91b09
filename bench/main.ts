// npm run -s bench -- [name …] [--json]: measures, one figure a line.
import { appendBatch, appendConcurrent, appendHybrid, appendOne } from "./append.js";
import { audit } from "./audit.js";
import { backup } from "./backup.js";
import { disk } from "./disk.js";
import { falcon } from "./falcon.js";
import { foldCounter, foldFlat, foldMemory, foldOrSet, foldRegister } from "./fold.js";
import { type Figure, signatureUs } from "./measure.js";
import { openEvents, openRows } from "./open.js";
import { proof } from "./proof.js";
import { randomRead, scan } from "./read.js";
import { reconcile } from "./reconcile.js";
import { latency, replicate } from "./replicate.js";
import { simScale, simSockets, simSpeed } from "./sim.js";
import { applied, operations, tableRoot } from "./subject.js";
import { synthFiles, synthNdjson } from "./synthesis.js";
import { turn } from "./turn.js";
import { verify } from "./verify.js";

type Bench = () => Promise<Figure | readonly Figure[]>;

const benches: Readonly<Record<string, Bench>> = {
  "append-batch": appendBatch,
  "append-hybrid": appendHybrid,
  "append-one": appendOne,
  "append-concurrent": appendConcurrent,
  scan,
  "random-read": randomRead,
  open: openEvents,
  "open-rows": openRows,
  backup,
  disk,
  falcon,
  audit,
  proof,
  turn,
  verify,
  "fold-counter": foldCounter,
  "fold-register": foldRegister,
  "fold-orset": foldOrSet,
  "fold-flat": foldFlat,
  "fold-memory": foldMemory,
  ops: operations,
  applied,
  "table-root": tableRoot,
  reconcile,
  replicate,
  latency,
  "synth-files": synthFiles,
  "synth-ndjson": synthNdjson,
  "sim-speed": simSpeed,
  "sim-scale": simScale,
  "sim-sockets": simSockets,
};

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith("--"));
const json = words.includes("--json");
const unknown = names.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  console.error(`bench: no ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}

for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const before = signatureUs();
  const measured = [await (benches[name] as Bench)()].flat();
  const figures = measured.map((each) => ({ ...each, signatureUs: [before, signatureUs()] }));
  for (const each of figures) console.log(json ? JSON.stringify(each) : inWords(each));
}

function inWords({ bench, value, unit, limit, ratio, target, met, ...details }: Figure): string {
  const rest = Object.entries(details)
    .map(([key, detail]) => `${key} ${JSON.stringify(detail)}`)
    .join(", ");
  return `${met ? "met   " : "MISSED"} ${bench.padEnd(20)} ${value} ${unit}, limit ${limit}, ratio ${ratio} (${target})${rest === "" ? "" : `; ${rest}`}`;
}
