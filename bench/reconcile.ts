import {
  type Ask,
  answer,
  asId,
  chosen,
  type Digest,
  decodeKey,
  encodeHeadRecord,
  encodeLaneRecord,
  encodeSyncMessage,
  FeedView,
  firstSymbols,
  frontierRow,
  isMalformed,
  leafHash,
  networkId,
  type ReadableKeys,
  type Row,
  RowIndex,
  type RowSource,
  reconcilerNamed,
  rowOf,
  type Scope,
  type SyncMessage,
  spaceId,
  subjectId,
} from "@sinter/core";
import { createNodeHasher } from "sinter";
import { type Figure, figure, median, quantile, rounded } from "./measure.js";

// Two replicas of a million rows of which one lacks a few: what they say until both know every range to ask for, as it would be
// on the wire, less the rows themselves; how often one waits for the other; how long both think together.

const ROWS = 1_000_000;
const DRAWS = 200;
const ALL: Scope = { kind: "all" };
const PATH = "bench/reconcile/rows";

const hasher = createNodeHasher();
const network = networkId(hasher, "bench");
const subject = subjectId(hasher, network, PATH as never);

const cases = [
  { differences: 10, bytes: 600, draws: DRAWS },
  { differences: 100, bytes: 5_000, draws: DRAWS },
  { differences: 10_000, bytes: 400_000, draws: DRAWS },
] as const;

export async function reconcile(): Promise<readonly Figure[]> {
  const whole = replica();
  const lacking = replica();
  return cases.flatMap((each) => measured(whole, lacking, each));
}

function measured(whole: RowSource, lacking: RowSource, { differences, bytes, draws }: (typeof cases)[number]): readonly Figure[] {
  const seen: Exchange[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const lanes = drawn(differences, draw);
    for (const lane of lanes) lacking.index.put(lane, undefined);
    // One time the one that lacks them asks, the other time the other.
    const [asking, answering] = draw % 2 === 0 ? [lacking, whole] : [whole, lacking];
    const before = process.cpuUsage();
    const exchange = exchanged(asking, answering);
    const { user, system } = process.cpuUsage(before);
    if (exchange.found !== differences) throw new Error(`${exchange.found} rows found of ${differences}`);
    seen.push({ ...exchange, cpuMs: (user + system) / 1000 });
    for (const lane of lanes) lacking.index.update(lacking.view, lane);
  }
  const of = (what: (exchange: Exchange) => number) => seen.map(what);
  const most = (bench: string, unit: string) => ({ bench: `${bench}-${differences}`, unit, reach: { kind: "at most", ratio: 1 } }) as const;
  const p95 = quantile(
    of((exchange) => exchange.bytes),
    0.95,
  );
  const size = median(of((exchange) => exchange.bytes));
  const figures = [
    figure(most("reconcile", "bytes"), size, bytes, { p95: rounded(p95), p95ToMedian: rounded(p95 / size), draws }),
    figure(most("reconcile-rounds", "round trips"), median(of(({ rounds }) => rounds)), 2, {
      most: Math.max(...of(({ rounds }) => rounds)),
    }),
  ];
  const cpu = median(of(({ cpuMs }) => cpuMs));
  return differences > 100 ? figures : [...figures, figure(most("reconcile-cpu", "ms"), cpu, 50)];
}

interface Exchange {
  readonly bytes: number;
  readonly rounds: number;
  readonly found: number;
  readonly cpuMs: number;
}

/** What the session of packages/core/src/sync says, without what it says it over. */
function exchanged(asking: RowSource, answering: RowSource): Omit<Exchange, "cpuMs"> & { cpuMs: number } {
  let bytes = 0;
  const said = (message: SyncMessage, rows: readonly Row[] = []) => {
    bytes += encodeSyncMessage(message).length;
    if (rows.length > 0)
      bytes -=
        encodeSyncMessage({ kind: "held", number: 0, rows }).length - encodeSyncMessage({ kind: "held", number: 0, rows: [] }).length;
  };
  const [mine, theirs] = [digestOf(asking), digestOf(answering)];
  said({ kind: "open", session: 1, scope: new Uint8Array(8), digest: mine, ask: undefined });
  let rounds = 1;
  const name = chosen({ mine, theirs, salts: "agree" });
  const symbols: Ask = { kind: "symbols", from: 0, count: firstSymbols(theirs, mine) };
  const first = name === "sketch" ? answer({ source: answering, scope: ALL }, symbols) : undefined;
  said({ kind: "opened", session: 1, digest: theirs, tell: first });
  const reconciler = reconcilerNamed(name, { source: asking, scope: ALL }, firstSymbols(theirs, mine));
  const [ask] = reconciler.asks();
  if (first !== undefined && ask !== undefined) reconciler.told(ask, first);
  let found = 0;
  const ours: number[] = [];
  for (;;) {
    const { theirs: rows, ours: lanes } = reconciler.found();
    found += rows.length;
    ours.push(...lanes);
    if (reconciler.state !== "going") break;
    const asks = [...reconciler.asks()];
    if (asks.length > 0) rounds++;
    for (const each of asks) {
      const tell = answer({ source: answering, scope: ALL }, each);
      said({ kind: "ask", session: 1, round: rounds, ask: each });
      said({ kind: "tell", session: 1, round: rounds, tell }, tell.kind === "rows" ? tell.rows : []);
      reconciler.told(each, tell);
    }
  }
  const rows = ours.flatMap((lane) => rowOf(asking.view, hasher, lane) ?? []);
  // It goes with the last question, or where there was none, is the second thing that the asking side says.
  for (let from = 0; from === 0 || from < rows.length; from += 1_024) {
    const some = rows.slice(from, from + 1_024);
    said({ kind: "difference", session: 1, part: 0, parts: 1, rows: some }, some);
  }
  return { bytes, rounds: ours.length > 0 && rounds === 1 ? 2 : rounds, found: found + rows.length, cpuMs: 0 };
}

function digestOf({ view, index }: RowSource): Digest {
  const sum = new Uint8Array(index.sum(view, ALL).buffer);
  return { root: sum.length === 8 ? hasher.hash("sinter 1 scope", sum).subarray(0, 16) : sum, sum, rows: index.rowsIn(view, ALL) };
}

function replica(): RowSource {
  const view = new FeedView(new MadeUpRows());
  const index = new RowIndex({ hasher, network }, new Uint8Array(16));
  const space = spaceId(hasher, network, PATH as never);
  for (let lane = 0; lane < ROWS; lane++) {
    const { key, row } = frontierRow({ hasher, network }, view, lane);
    if (row === undefined) throw new Error("a row that is none");
    index.put(lane, { space, id: key.subarray(64), leaf: leafHash(hasher, key, row), hybridSize: 0 });
  }
  return { view, hasher, index };
}

/** So many lanes, another choice each time. */
function drawn(count: number, seed: number): readonly number[] {
  const lanes = new Set<number>();
  let state = (seed + 1) * 2_654_435_761;
  while (lanes.size < count) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    lanes.add(state % ROWS);
  }
  return [...lanes];
}

/** A store with a lane of one event by each of a million authors, worked out when it is asked for. */
class MadeUpRows implements ReadableKeys {
  get(key: Uint8Array): Uint8Array | undefined {
    const place = decodeKey(key);
    if (isMalformed(place)) return undefined;
    if (place.table === "lane")
      return encodeLaneRecord({ subject, author: asId(numbered(place.lane)), epoch: { index: 0, nonce: new Uint8Array(16) } });
    if (place.table === "head") return head(place.lane);
    return place.table === "subject" ? new TextEncoder().encode(PATH) : undefined;
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    return this.get(key);
  }

  *range(): Iterable<readonly [Uint8Array, Uint8Array]> {}
}

function numbered(lane: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, Math.imul(lane + 1, 2_654_435_761));
  new DataView(bytes.buffer).setUint32(4, lane);
  return bytes;
}

function head(lane: number): Uint8Array {
  const stamp = { wallMs: 1_800_000_000_000, counter: 0 };
  const id = numbered(lane);
  const seal = { size: 1, stamp, leaves: 1, index: 0, path: [], signature: new Uint8Array(64) };
  return encodeHeadRecord({ size: 1, headId: id, stamp, freezeAt: 0, lastBlockSeq: 1, peaks: [id], seal });
}
