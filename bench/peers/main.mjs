// npm run -s bench:peers -- [name …] [--json]: measures other programs beside ours, one figure a line, as bench/main.ts does.
import { appendBatch } from "./append.mjs";
import { mapMerge, mapSet } from "./map.mjs";
import { replicate } from "./replicate.mjs";

const benches = { "append-batch": appendBatch, "map-set": mapSet, "map-merge": mapMerge, replicate };

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith("--"));
const json = words.includes("--json");
const unknown = names.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  console.error(`bench:peers: no ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}

for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const figures = [await benches[name]()].flat();
  for (const figure of figures) console.log(json ? JSON.stringify(figure) : inWords(figure));
}

function inWords({ bench, value, unit, limit, ratio, target, met, ...details }) {
  const rest = Object.entries(details).map(([key, detail]) => `${key} ${JSON.stringify(detail)}`);
  return [`${met ? "met   " : "MISSED"} ${bench}: ${value} ${unit}, limit ${limit}, ratio ${ratio} (${target})`, ...rest].join("\n       ");
}
