import { createRequire } from "node:module";
import { loadavg } from "node:os";
import { LoroDoc } from "loro-crdt";
import * as Y from "yjs";
import { json, lwwMap, offeredRange } from "../../packages/core/dist/index.js";
import { createNodeHasher, open } from "../../packages/sinter/dist/index.js";
import { figure, inFolder, median, rounded, timed } from "../dist/measure.js";

const SETS = 100_000;
const KEYS = 1_000;
const APART = 10_000;
const IN_FLIGHT = 64;
const ROUNDS = 5;

const versions = Object.fromEntries(["yjs", "loro-crdt"].map((name) => [name, versionOf(name)]));
const keyOf = (index) => `key${(Math.imul(index, 2_654_435_761) >>> 0) % KEYS}`;

// Theirs is in memory and unsigned; ours is signed and on disk when it is awaited.
const promises = { ours: "signed, and synced to the disk", theirs: "in memory" };

/** A hundred thousand sets over a thousand keys: in one change, and one change each. */
export async function mapSet() {
  const one = { ours: [], yjs: [], loro: [] };
  const each = { ours: [], yjs: [], loro: [] };
  for (let round = 0; round < ROUNDS; round++) {
    await inFolder(async (dir) => {
      await ourSets(dir, one.ours, each.ours);
    });
    one.yjs.push(await timed(() => yjsSets(new Y.Doc(), "together")));
    one.loro.push(await timed(() => loroSets(new LoroDoc(), "together")));
    each.yjs.push(await timed(() => yjsSets(new Y.Doc(), "one by one")));
    each.loro.push(await timed(() => loroSets(new LoroDoc(), "one by one")));
  }
  const perSecond = (times) => (SETS * 1000) / median(times);
  const details = { versions, sets: SETS, keys: KEYS, load: rounded(loadavg()[0]), promises };
  const best = Math.max(perSecond(one.yjs), perSecond(one.loro));
  const target = (bench) => ({ bench, unit: "sets/s", reach: { kind: "at least", ratio: 1 } });
  return [
    figure(target("map-set, one change"), perSecond(one.ours), best, {
      ...details,
      yjs: rounded(perSecond(one.yjs)),
      loro: rounded(perSecond(one.loro)),
    }),
    figure(target("map-set, one event each"), perSecond(each.ours), perSecond(each.loro), {
      ...details,
      inFlight: IN_FLIGHT,
      yjs: rounded(perSecond(each.yjs)),
      loro: rounded(perSecond(each.loro)),
    }),
  ];
}

async function ourSets(dir, one, each) {
  const peer = await open({ dir, control: "none" });
  try {
    const together = await peer.subject("bench/map/together", lwwMap(json));
    one.push(
      await timed(() =>
        together.change((it) => {
          for (let index = 0; index < SETS; index++) it.set(keyOf(index), index);
        }),
      ),
    );
    const apart = await peer.subject("bench/map/apart", lwwMap(json));
    const caller = async (first) => {
      for (let index = first; index < SETS; index += IN_FLIGHT) await apart.set(keyOf(index), index);
    };
    each.push(await timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, (_, first) => caller(first)))));
    for (const { value } of [together, apart]) if (value.size !== KEYS) throw new Error(`${value.size} keys`);
  } finally {
    await peer.close();
  }
}

function yjsSets(doc, how) {
  const map = doc.getMap("m");
  const all = () => {
    for (let index = 0; index < SETS; index++) map.set(keyOf(index), index);
  };
  if (how === "together") doc.transact(all);
  else all();
}

function loroSets(doc, how) {
  const map = doc.getMap("m");
  for (let index = 0; index < SETS; index++) {
    map.set(keyOf(index), index);
    if (how === "one by one") doc.commit();
  }
  doc.commit();
}

/** Two replicas that have the same hundred thousand sets, and then ten thousand each that the other has not: the one takes in the
 * other's, and shows what that comes to. */
export async function mapMerge() {
  const times = { ours: [], yjs: [], loro: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.ours.push(await inFolder(ourMerge));
    times.yjs.push(await yjsMerge());
    times.loro.push(await loroMerge());
  }
  const best = Math.min(median(times.yjs), median(times.loro));
  const target = { bench: "map-merge", unit: "ms", reach: { kind: "at most", ratio: 1 } };
  const details = { versions, sets: SETS, apart: APART, yjs: rounded(median(times.yjs)), loro: rounded(median(times.loro)), promises };
  return figure(target, median(times.ours), best, details);
}

const PATH = "bench/map/merge";

async function ourMerge(dir) {
  const [one, other] = [
    await open({ dir: `${dir}/one`, control: "none", network: "m" }),
    await open({ dir: `${dir}/other`, control: "none", network: "m" }),
  ];
  try {
    const [left, right] = [await one.subject(PATH, lwwMap(json)), await other.subject(PATH, lwwMap(json))];
    await left.change((it) => setAll(it, SETS, (index) => [keyOf(index), index]));
    await bring(one, other);
    await right.current();
    await left.change((it) => setAll(it, APART, (index) => [keyOf(index), `x${index}`]));
    await right.change((it) => setAll(it, APART, (index) => [keyOf(index + 7), `y${index}`]));
    const took = await timed(async () => {
      await bring(other, one);
      await left.current();
      return left.value;
    });
    await bring(one, other);
    await right.current();
    if (JSON.stringify([...left.value]) !== JSON.stringify([...right.value])) throw new Error("they differ");
    return took;
  } finally {
    await one.close();
    await other.close();
  }
}

function setAll(it, count, entryOf) {
  for (let index = 0; index < count; index++) it.set(...entryOf(index));
}

/** Every lane of the one, offered to the other, which verifies and keeps it. */
async function bring(from, to) {
  const hasher = createNodeHasher();
  for (const { number, author } of [...from.view.lanes(from.view.subjectId(PATH))]) {
    if (Buffer.from(author).toString("hex") === to.author) continue;
    const outcome = await to.take(offeredRange(from.view, hasher, { lane: number, from: 1, bytes: Number.POSITIVE_INFINITY }));
    if (!["taken", "held"].includes(outcome.kind)) throw new Error(JSON.stringify(outcome));
  }
}

async function yjsMerge() {
  const [one, other] = [new Y.Doc(), new Y.Doc()];
  yjsSets(one, "together");
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one));
  one.transact(() => setAll(one.getMap("m"), APART, (index) => [keyOf(index), `x${index}`]));
  other.transact(() => setAll(other.getMap("m"), APART, (index) => [keyOf(index + 7), `y${index}`]));
  return await timed(() => {
    Y.applyUpdate(one, Y.encodeStateAsUpdate(other, Y.encodeStateVector(one)));
    return one.getMap("m").toJSON();
  });
}

async function loroMerge() {
  const [one, other] = [new LoroDoc(), new LoroDoc()];
  loroSets(one, "together");
  other.import(one.export({ mode: "snapshot" }));
  setAll(one.getMap("m"), APART, (index) => [keyOf(index), `x${index}`]);
  one.commit();
  setAll(other.getMap("m"), APART, (index) => [keyOf(index + 7), `y${index}`]);
  other.commit();
  return await timed(() => {
    one.import(other.export({ mode: "update", from: one.oplogVersion() }));
    return one.getMap("m").toJSON();
  });
}

function versionOf(name) {
  const require = createRequire(import.meta.url);
  return JSON.parse(require("node:fs").readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}
