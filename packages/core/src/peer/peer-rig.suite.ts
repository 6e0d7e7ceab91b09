import { compareBytes } from "../bytes/order.js";
import { found, hasher, network, networkName, parts, Rig, standInSigner, standInVerifier } from "../feed/rig/feed-rig.suite.js";
import { standInFalcon, standInFalconKey } from "../feed/rig/stand-in-falcon.suite.js";
import type { Signatures } from "../feed/write/feed-core.js";
import { type AuthorKeys, authorOf, classicalKeys } from "../identity/author-keys.js";
import { authorOfKey } from "../identity/ids.js";
import { HandPorts } from "../protocol/hand-ports.suite.js";
import type { Batch } from "../protocol/key-space.js";
import type { AnyMount } from "../protocol/mount.js";
import type { Ports, Store, StoreFailure } from "../protocol/ports.js";
import { metaKey } from "../store/keys.js";
import { MemoryKeys, type MemorySnapshot } from "../store/memory-keys.js";
import { applyBatch } from "../store/memory-store.js";
import type { EventRecord, NewEvent } from "./event-api.js";
import { Peer } from "./peer.js";
import type { PeerLinks } from "./peer-links.js";
import { SinterError } from "./sinter-error.js";
import type { SyncSettings } from "./syncing.js";

/** Shows a commit at once, and flushes it, or takes it back, when the test says so: as much as a store may do. */
class ShowingStore implements Store {
  readonly keys: MemoryKeys;
  readonly commits: { readonly before: MemorySnapshot; readonly done: (failure?: StoreFailure) => void }[] = [];
  room = 2 ** 40;

  constructor(keys: MemoryKeys) {
    this.keys = keys;
  }

  commit(batch: Batch, done: (failure?: StoreFailure) => void): void {
    for (let at = 1; at < batch.length; at++) {
      const [[left], [right]] = [batch[at - 1], batch[at]] as [Batch[number], Batch[number]];
      if (compareBytes(left, right) >= 0) throw new Error("a batch out of order");
    }
    this.commits.push({ before: this.keys.snapshot(), done });
    applyBatch(this.keys, batch);
  }

  flush(): void {
    for (const { done } of this.commits.splice(0)) done();
  }

  /** All commits under way fail. Of outcome `unknown`, the first may be found all the same. */
  fail(failure: StoreFailure, found: "found" | "not found" = "not found"): void {
    const failed = this.commits.splice(0);
    const left = failed[found === "found" ? 1 : 0];
    if (left !== undefined) this.keys.restore(left.before);
    for (const [index, { done }] of failed.entries()) done(index === 0 ? failure : { ...failure, outcome: "not written" });
  }

  roomBytes(): number {
    return this.room;
  }
}

export const notWritten: StoreFailure = { reason: "no such luck", outcome: "not written" };
export const unknown: StoreFailure = { reason: "no answer", outcome: "unknown" };

export interface PeerRigOptions {
  readonly keys?: MemoryKeys;
  readonly author?: number;
  readonly instance?: number;
  readonly signatures?: Signatures;
  readonly mounts?: readonly AnyMount[];
  /** On its links, two hexadecimal digits 32 times over. */
  readonly id?: string;
  readonly sync?: SyncSettings;
  readonly links?: PeerLinks;
  readonly retire?: () => Promise<void>;
  readonly release?: () => Promise<void>;
}

function hybridKeys(author: number, ed25519: Uint8Array): AuthorKeys {
  return { suite: 2, ed25519, falcon: standInFalconKey(author) };
}

/** A peer on ports that stand still until the test cranks them. */
export class PeerRig {
  readonly keys: MemoryKeys;
  readonly hand = new HandPorts();
  readonly store: ShowingStore;
  readonly peer: Peer;
  /** `retire` and `release`, as they were called. */
  readonly called: string[] = [];

  constructor({ keys = new Rig().keys, author = 1, instance, signatures = "ed25519", id = "ab", ...rest }: PeerRigOptions = {}) {
    const { mounts, sync, links, retire, release } = rest;
    this.keys = keys;
    this.store = new ShowingStore(keys);
    const { clock, scheduler, random, transport, compute } = this.hand;
    const ports: Ports = { clock, scheduler, random, transport, compute, store: this.store };
    const signer = standInSigner(author);
    const ed25519 = signer.publicKey;
    const authorKeys = signatures === "ed25519" ? classicalKeys(authorOfKey(ed25519)) : hybridKeys(author, ed25519);
    const authorId = authorOf(hasher, authorKeys);
    found({ keys, author: authorId, authorKeys }, instance);
    this.peer = new Peer({
      ports,
      hasher,
      signer,
      verifier: standInVerifier,
      signatures,
      falcon: async () => standInFalcon,
      id: id.repeat(32),
      author: authorId,
      network: { name: networkName, id: network },
      ...(mounts === undefined ? {} : { mounts }),
      ...(sync === undefined ? {} : { sync }),
      ...(links === undefined ? {} : { links }),
      retire: async () => {
        this.called.push("retire");
        await retire?.();
      },
      release: async () => {
        this.called.push("release");
        await release?.();
      },
    });
  }

  /** Lets promises go as far as they can while the ports stand still. */
  async promises(): Promise<void> {
    await new Promise(setImmediate);
  }

  /** All that was begun comes to rest, but for what needs time; commits are left for the test to flush. */
  async step(): Promise<void> {
    do {
      await this.promises();
      this.hand.clock.advance(0);
      this.hand.scheduler.settle();
      await this.promises();
    } while (this.hand.scheduler.waiting > 0);
  }

  /** All that was begun comes to rest, on disk. */
  async rest(): Promise<void> {
    await this.step();
    while (this.store.commits.length > 0) {
      this.store.flush();
      await this.step();
    }
  }

  /** The outcome of what comes to rest. */
  async of<T>(work: Promise<T>): Promise<T> {
    const watched = watch(work);
    await this.rest();
    if (watched.state === "waiting") throw new Error("it came to rest without an answer");
    return await work;
  }

  async append(subject: string, ...texts: readonly string[]) {
    return await this.of(this.peer.append(subject, events(...texts)));
  }

  async records(subject: string, options: Parameters<Peer["events"]>[1] = {}): Promise<EventRecord[]> {
    const read = async () => {
      const records: EventRecord[] = [];
      for await (const record of this.peer.events(subject, options)) records.push(record);
      return records;
    };
    return await this.of(read());
  }

  async texts(subject: string, options: Parameters<Peer["events"]>[1] = {}): Promise<string[]> {
    return await this.of(collect(this.peer.events(subject, options)));
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function events(...texts: readonly string[]): NewEvent[] {
  return texts.map((text) => ({ payload: encoder.encode(text) }));
}

export function textOf({ payload, absent }: Pick<EventRecord, "payload" | "absent">): string {
  return payload === undefined ? `(${absent})` : decoder.decode(payload);
}

export async function collect(from: AsyncIterable<EventRecord>): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of from) texts.push(textOf(event));
  return texts;
}

interface Watched<T> {
  state: "waiting" | "resolved" | "rejected";
  value: T | undefined;
  error: unknown;
}

/** What a promise has come to so far. One that is watched is never an unhandled rejection. */
export function watch<T>(work: Promise<T>): Watched<T> {
  const watched: Watched<T> = { state: "waiting", value: undefined, error: undefined };
  work.then(
    (value) => Object.assign(watched, { state: "resolved", value }),
    (error: unknown) => Object.assign(watched, { state: "rejected", error }),
  );
  return watched;
}

/** The code of the SinterError it fails with, which must say what to do. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const watched = watch(work);
  await work.catch(() => undefined);
  const { state, error } = watched;
  if (state !== "rejected") return state;
  if (!(error instanceof SinterError)) throw error;
  if (!/^[A-Z].*[.)]$/.test(error.fix)) throw new Error(`no sentence that says what to do: ${error.fix}`);
  return error.code;
}

/** Another reader or writer of the same subject, followed by a test. */
export class Followed {
  readonly texts: string[] = [];
  readonly seqs: number[] = [];
  readonly abort = new AbortController();
  readonly end: Watched<void>;

  constructor(peer: Peer, subject: string, options: Parameters<Peer["events"]>[1] = {}) {
    this.end = watch(this.#run(peer.events(subject, { follow: true, signal: this.abort.signal, ...options })));
  }

  async #run(from: AsyncIterable<EventRecord>): Promise<void> {
    for await (const event of from) {
      this.texts.push(textOf(event));
      this.seqs.push(event.seq);
    }
  }
}

/** A store in which `authors` others have each written one event to a subject. */
export function keysWithAuthors(subject: string, authors: number): MemoryKeys {
  const { keys } = new Rig();
  for (let author = 2; author < authors + 2; author++)
    writeAs(keys, { author, subject, atMs: 1_790_000_000_000 + 5_000 * author, text: `of ${author}` });
  // Its record of what the store is goes last.
  return new Rig({ keys }).keys;
}

/** An event of another author, with a clock of its own. Not under a running peer that may begin a lane: it knows the number of the next one. */
export function writeAs(
  keys: MemoryKeys,
  event: { readonly author: number; readonly subject: string; readonly atMs: number; readonly text: string },
): void {
  const clock = keys.get(metaKey("clock"));
  keys.remove(metaKey("clock"));
  const rig = new Rig({ keys, author: event.author, instance: event.author });
  rig.wallMs = event.atMs;
  rig.append(event.subject, parts(event.text));
  if (clock !== undefined) keys.put(metaKey("clock"), clock);
}

export function copyOf(keys: MemoryKeys): MemoryKeys {
  const copy = new MemoryKeys();
  copy.restore(keys.snapshot());
  return copy;
}
