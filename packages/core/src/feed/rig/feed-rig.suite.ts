import { toHex } from "../../bytes/hex.js";
import { type AuthorKeys, authorOf, encodeAuthorKeys } from "../../identity/author-keys.js";
import { createHasher } from "../../identity/blake3-hasher.js";
import { type Hasher, hashBytes, type Signer, type Verifier } from "../../identity/crypto.js";
import { type AuthorId, type Epoch, feedId, type LaneId, laneId, networkId, subjectId } from "../../identity/ids.js";
import { parseSubjectPath, type SubjectPath } from "../../identity/subject-path.js";
import { instantiate } from "../../identity/web-assembly.suite.js";
import type { Batch, Entry, Range, ReadableKeys } from "../../protocol/key-space.js";
import { Overlay } from "../../protocol/overlay.js";
import type { Core, Effect, Input, Instant, Protocol, Random, Vocabulary } from "../../protocol/protocol.js";
import { authorKey, metaKey } from "../../store/keys.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import { applyBatch } from "../../store/memory-store.js";
import { encodeStoreRecord } from "../../store/records.js";
import { FeedView } from "../lane/feed-view.js";
import { feedProtocol, type Signatures } from "../write/feed-core.js";
import type { AppendCommand, Appended, FeedCommand, FeedNotice, FeedVocabulary, FeedWrite } from "../write/feed-vocabulary.js";
import { type FrontierCommand, type FrontierNotice, type FrontierVocabulary, frontierProtocol } from "../write/frontier-core.js";
import { type HybridNotice, type HybridVocabulary, hybridProtocol } from "../write/hybrid-core.js";
import type { NewParts } from "../write/open-lane.js";
import { standInFalconKey } from "./stand-in-falcon.suite.js";

// The cores of this floor, stepped a turn at a time as the driver does: writes of a step are seen by the next, `closing`
// comes last, and a turn is committed or dropped as the test says.

export const hasher: Hasher = createHasher(instantiate);
export const networkName = "rig";
export const network = networkId(hasher, networkName);

function signatureOf(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const signed = new Uint8Array([...publicKey, ...message]);
  return new Uint8Array([...hasher.hash("sinter 1 author", signed), ...hasher.hash("sinter 1 network", signed)]);
}

/** Signs as fast as it hashes, and always the same. Anybody could: a stand-in, for tests that need no secrets. */
export function standInSigner(number: number): Signer & { readonly signed: Uint8Array[] } {
  const publicKey = hasher.hash("sinter 1 author", Uint8Array.of(number));
  const signed: Uint8Array[] = [];
  return {
    publicKey,
    signed,
    sign(message) {
      signed.push(message);
      return signatureOf(publicKey, message);
    },
  };
}

export const standInVerifier: Verifier = {
  verify: (publicKey, message, signature) => {
    const right = signatureOf(publicKey, message);
    return signature.length === right.length && right.every((byte, at) => byte === signature[at]);
  },
};

export function nonce(number: number): Uint8Array {
  return new Uint8Array(16).fill(number);
}

export function pathOf(text: string): SubjectPath {
  return parseSubjectPath(text) as SubjectPath;
}

export function parts(payload: string | number, more: Partial<NewParts> = {}): NewParts {
  const bytes = typeof payload === "number" ? new Uint8Array(payload).fill(payload) : new TextEncoder().encode(payload);
  return { kind: 128, codec: 0, payload: bytes, key: undefined, ...more };
}

/** What `peek` hands out is spoilt by the next read, as a store that reuses its buffer does. */
export class SpoilingKeys implements ReadableKeys {
  readonly #keys: ReadableKeys;
  #peeked: Uint8Array | undefined;

  constructor(keys: ReadableKeys) {
    this.#keys = keys;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#spoil();
    return this.#keys.get(key)?.slice();
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    this.#spoil();
    this.#peeked = this.#keys.peek(key)?.slice();
    return this.#peeked;
  }

  range(range: Range): Iterable<Entry> {
    this.#spoil();
    return this.#keys.range(range);
  }

  #spoil(): void {
    this.#peeked?.fill(0xee);
  }
}

export interface RigOptions {
  readonly keys?: MemoryKeys;
  readonly author?: number;
  /** That of the store, if left out. */
  readonly instance?: number;
  readonly signatures?: Signatures;
}

/** What a turn came to. Nothing of it is in the store until `commit`. */
export interface RigTurn<Notice, Write> {
  readonly effects: readonly Effect<Vocabulary>[];
  readonly notices: readonly Notice[];
  readonly writes: readonly Write[];
  readonly batch: Batch;
  commit(): void;
}

let draws = 0;
/** Never the same twice, and the same in every run. */
const drawn: Random = {
  below() {
    throw new Error("nothing here draws numbers");
  },
  bytes(length) {
    return hasher.hash("sinter 1 network", new TextEncoder().encode(`draw ${++draws}`)).slice(0, length);
  },
};

/** One core on the overlay that all cores of a rig share. */
class Stepped<V extends Vocabulary> {
  readonly protocol: Protocol<V>;
  readonly #opened: ReturnType<Protocol<V>["open"]>;
  readonly #rig: Rig;
  core: Core<V>;

  constructor(protocol: Protocol<V>, overlay: Overlay, rig: Rig) {
    this.protocol = protocol;
    this.#opened = protocol.open(overlay);
    this.#rig = rig;
    this.core = protocol.create();
  }

  step(input: Input<V>): readonly Effect<V>[] {
    const { now, wallMs, disk, turn } = this.#rig;
    this.protocol.costOf(input);
    const effects = this.core.step(input, { now: now as Instant, wallMs, disk, turn, random: drawn, view: this.#opened.view });
    for (const effect of effects) if (effect.kind === "write") this.#opened.apply(effect.write);
    return effects;
  }
}

export class Rig {
  readonly keys: MemoryKeys;
  readonly signer: Signer & { readonly signed: Uint8Array[] };
  readonly author: AuthorId;
  readonly authorKeys: AuthorKeys;
  /** Nonce of the store instance. Another rig on the same keys has its own. */
  instance: Uint8Array;
  /** As others read the store: what is committed. */
  readonly view: FeedView;
  wallMs = 1_800_000_000_000;
  disk: "roomy" | "full" = "roomy";
  turn = 0;
  readonly #overlay: Overlay;
  readonly #feed: Stepped<FeedVocabulary>;
  readonly #frontier: Stepped<FrontierVocabulary>;
  readonly #hybrid: Stepped<HybridVocabulary>;
  #token = 0;

  constructor({ keys = new MemoryKeys(), author = 1, instance, signatures = "ed25519" }: RigOptions = {}) {
    this.keys = keys;
    this.signer = standInSigner(author);
    const ed25519 = this.signer.publicKey;
    this.authorKeys = signatures === "ed25519" ? { suite: 1, ed25519 } : { suite: 2, ed25519, falcon: standInFalconKey(author) };
    this.author = authorOf(hasher, this.authorKeys);
    const read = new SpoilingKeys(keys);
    this.view = new FeedView(read);
    this.#overlay = new Overlay(read);
    this.instance = found(this, instance);
    const { signer } = this;
    this.#feed = new Stepped(
      feedProtocol({ hasher, signer, verifier: standInVerifier, signatures, author: this.author, network }),
      this.#overlay,
      this,
    );
    this.#frontier = new Stepped(frontierProtocol({ hasher, network }), this.#overlay, this);
    this.#hybrid = new Stepped(hybridProtocol({ hasher, author: this.author }), this.#overlay, this);
    this.start();
  }

  /** The cores made anew, as after a crash or a failure: only what is committed is left. */
  start(): readonly FrontierNotice[] {
    this.#overlay.reset();
    this.#feed.core = this.#feed.protocol.create();
    this.#frontier.core = this.#frontier.protocol.create();
    this.#hybrid.core = this.#hybrid.protocol.create();
    this.returnAt = undefined;
    this.#askedFor(this.#feed.step({ kind: "started" }));
    const effects = this.#frontier.step({ kind: "started" });
    this.scheduled = effects.some(({ kind }) => kind === "schedule");
    return noticesIn(effects);
  }

  /** Whether the frontier core waits for its timer. */
  scheduled = false;
  /** When the feed core is to go on appending events again, by the steady clock. */
  returnAt: number | undefined;
  now = 0;

  /** The turn that the feed core asked for. */
  goOn(): RigTurn<FeedNotice, FeedWrite> {
    this.now = Math.max(this.now, this.returnAt ?? this.now);
    this.returnAt = undefined;
    return this.#feedTurn([{ kind: "expired", timer: "return" }]);
  }

  /** One turn of the feed core. */
  feed(...commands: readonly FeedCommand[]): RigTurn<FeedNotice, FeedWrite> {
    return this.#feedTurn(commands.map((command) => ({ kind: "commanded", command })));
  }

  #feedTurn(inputs: readonly Input<FeedVocabulary>[]): RigTurn<FeedNotice, FeedWrite> {
    this.#overlay.begin(++this.turn);
    const effects = inputs.flatMap((input) => this.#feed.step(input));
    this.#askedFor(effects);
    return this.#sealed([...effects, ...this.#feed.step({ kind: "closing" })]);
  }

  #askedFor(effects: readonly Effect<FeedVocabulary>[]): void {
    for (const effect of effects) if (effect.kind === "schedule") this.returnAt = this.now + effect.delayMs;
  }

  frontier(input: FrontierCommand | "expired"): RigTurn<FrontierNotice, FrontierVocabulary["Write"]> {
    this.#overlay.begin(++this.turn);
    if (input === "expired") this.scheduled = false;
    const effects = this.#frontier.step(
      input === "expired" ? { kind: "expired", timer: "refresh" } : { kind: "commanded", command: input },
    );
    if (effects.some(({ kind }) => kind === "schedule")) this.scheduled = true;
    return this.#sealed(effects);
  }

  /** One turn of the core of the second signatures. */
  hybrid(input: Input<HybridVocabulary>): RigTurn<HybridNotice, HybridVocabulary["Write"]> {
    this.#overlay.begin(++this.turn);
    return this.#sealed(this.#hybrid.step(input));
  }

  #sealed<V extends Vocabulary>(effects: readonly Effect<V>[]): RigTurn<V["Notice"], V["Write"]> {
    const { turn } = this;
    const batch = this.#overlay.seal();
    const writes = effects.flatMap((effect) => (effect.kind === "write" ? [effect.write] : []));
    const drawn = effects.flatMap((effect) =>
      effect.kind === "write" && isStoreWrite(effect.write) ? [effect.write.record.instance] : [],
    );
    const commit = () => {
      applyBatch(this.keys, batch);
      this.instance = drawn.at(-1) ?? this.instance;
      this.#overlay.flushed(turn);
    };
    return { effects, notices: noticesIn(effects), writes, batch, commit };
  }

  command(path: string, ...events: readonly NewParts[]): AppendCommand {
    return this.commandOf(path, events);
  }

  commandOf(path: string, events: readonly NewParts[]): AppendCommand {
    return { kind: "append", token: ++this.#token, path: pathOf(path), events };
  }

  /** A turn of one append, committed. */
  append(path: string, ...events: readonly NewParts[]): Appended {
    const turn = this.feed(this.command(path, ...events));
    turn.commit();
    return appended(turn.notices[0]);
  }

  /** Takes all changes into the trie. */
  settle(): FrontierNotice & { readonly kind: "settled" } {
    let turn = this.frontier({ kind: "settle", token: ++this.#token });
    turn.commit();
    while (!turn.notices.some(({ kind }) => kind === "settled")) {
      turn = this.frontier("expired");
      turn.commit();
    }
    return turn.notices.find((notice) => notice.kind === "settled") as FrontierNotice & { readonly kind: "settled" };
  }

  describe(core: "feed" | "frontier" | "hybrid"): Readonly<Record<string, unknown>> {
    return { feed: this.#feed, frontier: this.#frontier, hybrid: this.#hybrid }[core].core.describe() as Readonly<Record<string, unknown>>;
  }

  laneNumber(path: string, author = this.author): number {
    const subject = subjectId(hasher, network, pathOf(path));
    const last = [...this.view.lanes(subject, author)].at(-1);
    if (last === undefined) throw new Error(`no lane of ${path}`);
    return last.number;
  }
}

export function appended(notice: FeedNotice | undefined): Appended {
  if (notice?.kind !== "appended") throw new Error(`not appended: ${JSON.stringify(notice)}`);
  return notice;
}

export function laneIdOf(author: AuthorId, path: string, epoch: Epoch): LaneId {
  return laneId(hasher, feedId(hasher, author, subjectId(hasher, network, pathOf(path))), epoch);
}

function noticesIn<V extends Vocabulary>(effects: readonly Effect<V>[]): V["Notice"][] {
  return effects.flatMap((effect) => (effect.kind === "notify" ? [effect.notice] : []));
}

/** What a store holds before its first event. */
export function found({ keys, author, authorKeys }: Pick<Rig, "keys" | "author" | "authorKeys">, instance?: number): Uint8Array {
  const known = new FeedView(keys).store();
  const isKnown = known !== undefined && toHex(known.author) === toHex(author) && instance === undefined;
  const nonceNow = isKnown ? known.instance : nonce(instance ?? 1);
  keys.put(metaKey("store"), encodeStoreRecord({ network, networkName, author, instance: nonceNow, inode: 1n, birthNs: 2n }));
  keys.put(authorKey(author), encodeAuthorKeys(authorKeys));
  return nonceNow;
}

function isStoreWrite(write: unknown): write is Extract<FeedWrite, { readonly kind: "store" }> {
  return (write as FeedWrite).kind === "store";
}

export function idsOf({ ids, seqs }: Appended): Uint8Array[] {
  return Array.from({ length: seqs.count }, (_, index) => {
    const at = ((seqs.each?.[index] ?? seqs.first + index) - seqs.first) * hashBytes;
    return ids.subarray(at, at + hashBytes);
  });
}
