import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { Bytes, Cursor, expectThat, hex, same } from "./bytes.suite.js";
import { hash, type Leaf, laneIdOf, leafOf, networkIdOf, type Place, spaceIdOf, subjectIdOf, trieRoot } from "./hashes.suite.js";
import { type KeyPair, keyPair } from "./keys.suite.js";
import { Link, type LinkOptions } from "./link.suite.js";
import * as sync from "./messages.suite.js";
import { type Lane, newLane, placeInRange, rangeOf, takeRange, write } from "./ranges.suite.js";
import { readSymbols, type SketchSymbol, saltBytes, saltOf, symbolsOf } from "./sketches.suite.js";

// A peer of another make: it knows docs/wire.md and nothing of our code. It keeps what it holds in memory.

const pieceBytes = 1_000;
const window = 16;
const probeRound = 1_000_000;
const scopeOfAll = hash("sinter 1 scope", Uint8Array.of(1)).subarray(0, 8);

/** Of this moment, in milliseconds since 1970. */
const wallMs = (): number => Math.floor(performance.timeOrigin + performance.now());

interface Inflow {
  readonly place: Place;
  bytes: Buffer;
  next: number;
}

interface Outflow {
  readonly bytes: Uint8Array;
  sent: number;
  acked: number;
  window: number;
}

export interface ClientOptions {
  readonly network: string;
  readonly secret: string;
  readonly host: string;
  readonly port: number;
  /** The bits of a key decide which of the two sides begins. */
  readonly seed?: Uint8Array;
}

export class WireClient {
  readonly network: Uint8Array;
  readonly lanes = new Map<string, Lane>();
  /** By which links know it. */
  readonly keys: KeyPair;
  readonly author: KeyPair = keyPair(randomBytes(32));
  /** How often it ended a session of its own with the same roots on both sides. */
  agreed = 0;
  /** Rows that the other has said it holds, on its disk, by lane. */
  readonly reached = new Map<string, number>();
  closed: string | undefined;
  readonly #link: Link;
  readonly #salt: readonly number[];
  readonly #nonce = randomBytes(16);
  readonly #epochNonce = randomBytes(16);
  readonly #tells = new EventEmitter();
  readonly #inflows = new Map<number, Inflow>();
  readonly #outflows = new Map<number, Outflow>();
  #rows: sync.Row[] = [];
  #hello: sync.Hello | undefined;
  #number = 0;
  #session = 0;
  #phase: "greeting" | "resting" | "opening" | "asking" | "exchanging" = "greeting";
  /** What the other still misses of this session. */
  #missing = Number.POSITIVE_INFINITY;
  #theirs: { readonly session: number; said: "missing" | "settled" } | undefined;
  #stream = 0;
  #held = 0;

  private constructor(link: Link, { network, secret, keys }: LinkOptions) {
    this.#link = link;
    this.keys = keys;
    this.#salt = saltOf(network, secret);
    this.network = network;
    link.on("frame", (bytes: Uint8Array) => this.#heard(bytes));
    link.on("gone", (why: string) => (this.closed ??= why));
    this.#greet();
  }

  static async to({ network, seed, ...rest }: ClientOptions): Promise<WireClient> {
    const options = { ...rest, network: networkIdOf(network), keys: keyPair(seed ?? randomBytes(32)) };
    return new WireClient(await Link.to(options), options);
  }

  get peer(): Uint8Array {
    return this.#link.peer;
  }

  /** Appends to a feed of its own, under one seal. */
  append(path: string, ...said: readonly string[]): void {
    const subject = subjectIdOf(this.network, path);
    const place: Place = { author: this.author.public, subject, epoch: 0, nonce: Uint8Array.from(this.#epochNonce) };
    const lane = this.#laneAt(path, place);
    write(
      lane,
      this.author.secret,
      wallMs(),
      said.map((each) => new TextEncoder().encode(each)),
    );
    this.#say(sync.heldBytes(++this.#held, [rowOf(lane)]));
  }

  /** What the other tells of its rows in so many buckets. */
  async bucketsThere(count: number): Promise<Uint8Array> {
    this.#say(sync.askBucketsBytes(this.#session, probeRound, count));
    const tell = (await once(this.#tells, "buckets"))[0] as Cursor;
    expectThat(tell.varint() === count, "as many buckets as were asked for");
    return tell.rest();
  }

  /** Of a bucket the rows' bytes 4 to 11, joined. */
  buckets(count: number): Uint8Array {
    const bytes = new Uint8Array(8 * count);
    for (const { key, hash: leaf } of this.#leaves()) {
      const bucket = Math.floor(Buffer.from(key).readUInt32BE(64) / (2 ** 32 / count));
      for (let at = 0; at < 8; at++) (bytes[8 * bucket + at] as number) ^= leaf[4 + at] as number;
    }
    return bytes;
  }

  async symbolsThere(count: number): Promise<SketchSymbol[]> {
    this.#say(sync.askSymbolsBytes(this.#session, probeRound, count));
    return readSymbols((await once(this.#tells, "symbols"))[0] as Cursor);
  }

  symbols(count: number): SketchSymbol[] {
    const items = this.#leaves().map(({ key, hash: leaf }) => ({
      lane: Buffer.from(key).readUInt32BE(64),
      row: Buffer.from(leaf).readUInt32BE(0),
    }));
    return symbolsOf(items, this.#salt, count);
  }

  /** What is held, in a scope of everything. */
  digest(): sync.Digest {
    const leaves = this.#leaves();
    const sum = this.buckets(1);
    return { root: trieRoot(leaves).slice(0, 16), sum, rows: leaves.length };
  }

  #leaves(): Leaf[] {
    return [...this.lanes.values()].map((lane) => {
      const { subject } = lane.place;
      const id = laneIdOf(lane.place);
      const row = rowOf(lane);
      return leafOf(new Bytes().raw(spaceIdOf(this.network, lane.path), subject, id).done(), {
        lane: id,
        size: row.size,
        headId: row.headId,
      });
    });
  }

  /** Compares roots, and finds out what differs where they do. By itself once the two have greeted each other. */
  exchange(): void {
    if (this.#phase !== "resting") return;
    this.#phase = "opening";
    this.#say(sync.openBytes(++this.#session, scopeOfAll, this.digest()));
  }

  close(): void {
    this.#link.close();
  }

  #say(bytes: Uint8Array): void {
    this.#link.control(bytes);
  }

  /** Bulk, which waits behind all else. */
  #sayBulk(bytes: Uint8Array): void {
    this.#link.bulk(bytes);
  }

  #greet(): void {
    this.#say(sync.helloBytes({ number: this.#number, nonce: this.#nonce, salt: saltBytes(this.#salt), wall: wallMs() }));
  }

  #heard(bytes: Uint8Array): void {
    const from = new Cursor(bytes);
    expectThat(from.u8() === sync.syncTag, "the tag of sync");
    const type = from.u8();
    switch (type) {
      case sync.types.hello:
        return this.#greeted(sync.readHello(from));
      case sync.types.ping:
        return this.#say(sync.pongBytes(from.varint()));
      case sync.types.open:
        return this.#answerOpen(sync.readOpen(from));
      case sync.types.ask:
        return this.#answer(sync.readAsk(from));
      case sync.types.difference:
        return this.#differs(sync.readDifference(from));
      case sync.types.opened:
        return this.#opened(sync.readOpened(from));
      case sync.types.tell:
        return this.#told(from);
      case sync.types.settled:
        return this.#settled(from.varint(), from.varint());
      case sync.types.held: {
        this.#say(sync.heardBytes(from.varint()));
        return this.#consider(sync.readRows(from));
      }
      default:
        return this.#streamed(type, from);
    }
  }

  #streamed(type: number, from: Cursor): void {
    switch (type) {
      case sync.types.want:
        return this.#serve(sync.readWant(from));
      case sync.types.chunk:
        return this.#chunk(sync.readChunk(from));
      case sync.types.ack:
        return this.#ack(sync.readAck(from));
      case sync.types.push:
        return this.#take(from.prefixed());
      case sync.types.gone:
      case sync.types.enough:
        this.#inflows.delete(from.varint());
        return this.#check();
      default:
      // Whatever else is said, this client has no use for.
    }
  }

  #greeted(hello: sync.Hello): void {
    const isFirst = this.#hello === undefined;
    this.#hello = hello;
    if (isFirst) {
      // Their nonce is here: this hello has all in it.
      this.#number = 1;
      this.#greet();
    }
    // What is said before both have said a hello with all in it is passed over.
    if (hello.number % 2 === 0 || this.#phase !== "greeting") return;
    this.#phase = "resting";
    this.exchange();
  }

  // --- asking ---

  #opened({ session, digest }: { readonly session: number; readonly digest: sync.Digest | "same" | "other scope" }): void {
    if (session !== this.#session || this.#phase !== "opening") return;
    if (digest === "other scope") throw new RangeError("the scope of everything has another name");
    if (digest === "same") {
      this.agreed++;
      this.#phase = "resting";
      return;
    }
    this.#phase = "asking";
    this.#rows = [];
    this.#say(sync.askRowsBytes(session, 1, new Uint8Array(0)));
  }

  #told(from: Cursor): void {
    const [session] = [from.varint(), from.varint()];
    const kind = from.u8();
    if (kind === 1 && session === this.#session) return this.#page(sync.readTellRows(from));
    this.#tells.emit(kind === 2 ? "buckets" : kind === 3 ? "symbols" : "else", from);
  }

  #page({ rows, next }: { readonly rows: readonly sync.Row[]; readonly next: Uint8Array }): void {
    if (this.#phase !== "asking") return;
    this.#rows.push(...rows);
    if (next.length > 0) return this.#say(sync.askRowsBytes(this.#session, this.#rows.length, next));
    this.#phase = "exchanging";
    this.#missing = Number.POSITIVE_INFINITY;
    const theirs = new Map(this.#rows.map((row) => [hex(laneIdOf(row.place)), row.size]));
    const longer = [...this.lanes.entries()].filter(([id, lane]) => (theirs.get(id) ?? 0) < lane.events.length);
    this.#sayBulk(
      sync.differenceBytes(
        this.#session,
        longer.map(([, lane]) => rowOf(lane)),
      ),
    );
    this.#consider(this.#rows);
  }

  #settled(session: number, missing: number): void {
    if (session !== this.#session || this.#phase !== "exchanging") return;
    this.#missing = missing;
    this.#check();
  }

  /** Asks for what others have more of. */
  #consider(rows: readonly sync.Row[]): void {
    for (const { place, size } of rows) {
      const id = hex(laneIdOf(place));
      if (same(place.author, this.author.public)) this.reached.set(id, size);
      const held = this.lanes.get(id);
      const coming = [...this.#inflows.values()].some((inflow) => same(laneIdOf(inflow.place), laneIdOf(place)));
      const from = (held?.events.length ?? 0) + 1;
      if (coming || from > size) continue;
      const stream = ++this.#stream;
      this.#inflows.set(stream, { place, bytes: Buffer.alloc(0), next: 0 });
      this.#say(sync.wantBytes(stream, place, from, held?.events.at(-1)?.id ?? new Uint8Array(32)));
    }
    this.#check();
  }

  #chunk({ stream, seq, isLast, bytes }: sync.Chunk): void {
    const inflow = this.#inflows.get(stream);
    if (inflow === undefined || seq !== inflow.next) return;
    inflow.next++;
    inflow.bytes = Buffer.concat([inflow.bytes, bytes]);
    while (inflow.bytes.length >= 4 && inflow.bytes.length >= 4 + inflow.bytes.readUInt32BE(0)) {
      const end = 4 + inflow.bytes.readUInt32BE(0);
      this.#take(Uint8Array.from(inflow.bytes.subarray(4, end)));
      inflow.bytes = inflow.bytes.subarray(end);
    }
    this.#say(sync.ackBytes(stream, inflow.next, window));
    if (isLast === "no") return;
    expectThat(inflow.bytes.length === 0, "a stream ends with a range");
    this.#inflows.delete(stream);
    this.#check();
  }

  /** Verifies a range, and tells that it is held. */
  #take(range: Uint8Array): void {
    const { path, place } = placeInRange(range);
    const lane = this.lanes.get(hex(laneIdOf(place))) ?? newLane(path, place);
    takeRange(range, this.network, lane);
    this.lanes.set(hex(laneIdOf(place)), lane);
    this.#say(sync.heldBytes(++this.#held, [rowOf(lane)]));
    this.#check();
  }

  // --- answering ---

  #answerOpen({ session, scope, digest }: { readonly session: number; readonly scope: Uint8Array; readonly digest: sync.Digest }): void {
    expectThat(same(scope, scopeOfAll), "the name of the scope of everything");
    const mine = this.digest();
    this.#say(sync.openedBytes(session, sync.isSameDigest(mine, digest) ? undefined : mine));
  }

  #answer(asked: sync.Asked): void {
    if (asked.isRows === "no") return this.#sayBulk(sync.tellCannotBytes(asked));
    this.#sayBulk(sync.tellRowsBytes(asked, [...this.lanes.values()].map(rowOf)));
  }

  #differs({ session, rows }: { readonly session: number; readonly rows: readonly sync.Row[] }): void {
    this.#theirs = { session, said: "missing" };
    this.#consider(rows);
    if (this.#inflows.size > 0) this.#say(sync.settledBytes(session, this.#inflows.size));
  }

  /** Says that nothing is missing any more; and where nothing is on either side, roots are compared again. */
  #check(): void {
    if (this.#inflows.size > 0) return;
    if (this.#theirs?.said === "missing") {
      this.#theirs.said = "settled";
      this.#say(sync.settledBytes(this.#theirs.session, 0));
    }
    if (this.#phase !== "exchanging" || this.#missing > 0) return;
    this.#phase = "resting";
    this.exchange();
  }

  #serve({ stream, place, from }: sync.Want): void {
    const lane = this.lanes.get(hex(laneIdOf(place)));
    if (lane === undefined || from > lane.events.length) return this.#say(sync.goneBytes(stream));
    const range = rangeOf(lane, from);
    this.#outflows.set(stream, { bytes: new Bytes().u32(range.length).raw(range).done(), sent: 0, acked: 0, window });
    this.#pump(stream);
  }

  #ack({ stream, seq, window: wide }: { readonly stream: number; readonly seq: number; readonly window: number }): void {
    const outflow = this.#outflows.get(stream);
    if (outflow === undefined) return;
    outflow.acked = Math.max(outflow.acked, seq);
    outflow.window = wide;
    this.#pump(stream);
  }

  /** Sends as many chunks as the window has room for. */
  #pump(stream: number): void {
    const outflow = this.#outflows.get(stream) as Outflow;
    const chunks = Math.ceil(outflow.bytes.length / pieceBytes);
    for (; outflow.sent < chunks && outflow.sent < outflow.acked + outflow.window; outflow.sent++) {
      const bytes = outflow.bytes.slice(outflow.sent * pieceBytes, (outflow.sent + 1) * pieceBytes);
      const isLast = outflow.sent === chunks - 1 ? "yes" : "no";
      this.#sayBulk(sync.chunkBytes({ stream, seq: outflow.sent, isLast, bytes }));
    }
    if (outflow.acked === chunks) this.#outflows.delete(stream);
  }

  #laneAt(path: string, place: Place): Lane {
    const id = hex(laneIdOf(place));
    const lane = this.lanes.get(id) ?? newLane(path, place);
    this.lanes.set(id, lane);
    return lane;
  }
}

export function rowOf(lane: Lane): sync.Row {
  return { place: lane.place, size: lane.events.length, headId: lane.events.at(-1)?.id ?? new Uint8Array(32) };
}
