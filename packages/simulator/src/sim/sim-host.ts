import {
  authorOf,
  FeedView,
  type Hasher,
  kindAt,
  type LinkEvents,
  type LinkRow,
  type LwwMapCommands,
  type NetworkId,
  Peer,
  type PeerId,
  type PeerLinks,
  type Ports,
  type PutCommands,
  type SyncSettings,
  systemKindMax,
  type Table,
  type Transport,
  text,
  toHex,
  type Verifier,
} from "@sinter/core";
import { founding } from "../feeds/founding.js";
import type { Booted, BootSetup } from "../simulated-peer.js";
import { type Chaos, ChaosTransport } from "../sync/chaos-transport.js";
import { StubSigner } from "../virtual-crypto.js";
import type { SimRecorder } from "./recorder.js";

// One peer that ships, on virtual ports, in a run for people to look at: it writes to a table, and its frames are recorded.

export interface SimHostParts {
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly network: { readonly name: string; readonly id: NetworkId };
  readonly sync: SyncSettings;
  readonly recorder: SimRecorder;
  /** `undefined`: nothing is lost but with its link. */
  readonly chaos: Chaos | undefined;
  readonly path: string;
  /** Something of this host's is on disk that was not. */
  readonly changed: (host: SimHost) => void;
  readonly now: () => number;
}

type KeyTable = Table<string, PutCommands<string>, LwwMapCommands<string>>;

const SECRET_BYTES = 32;
const ROOT_SHOWN_DIGITS = 8;
const NO_ROOT = "00".repeat(32);
/** Where in a lane events of the system's may stand in such a run: whoever writes first names the lens. */
const SYSTEM_EVENTS_WITHIN = 16;

export class SimHost implements Booted {
  readonly index: number;
  readonly id: PeerId;
  readonly author: string;
  readonly #parts: SimHostParts;
  readonly #chaos: ChaosTransport | undefined;
  readonly #linked = new Set<PeerId>();
  readonly #view: FeedView;
  #peer: Peer | undefined;
  #why: string | undefined;
  #table: Promise<KeyTable> | undefined;
  #root: string | undefined;
  #rootedMs = 0;
  /** Of each lane: how many of its events are the system's, among those that were looked at. */
  readonly #systemEvents = new Map<number, { upTo: number; count: number }>();
  /** As it was sampled last; nothing where something has come on disk since. */
  #sampled: { readonly root: string; readonly events: number } | undefined;

  constructor(ports: Ports, { index, id, random }: BootSetup, parts: SimHostParts) {
    this.index = index;
    this.id = id;
    this.#parts = parts;
    const { hasher, network, chaos, recorder } = parts;
    const signer = new StubSigner(hasher, random.stream("secret").bytes(SECRET_BYTES));
    const keys = { suite: 1, ed25519: signer.publicKey } as const;
    const author = authorOf(hasher, keys);
    this.author = toHex(author);
    this.#view = new FeedView(ports.store.keys);
    this.#chaos = chaos === undefined ? undefined : new ChaosTransport({ ...ports, chaos: () => chaos });
    const observed = recorder.observed(index, this.#chaos ?? ports.transport);
    const watched: Ports = { ...ports, transport: this.#counted(observed), store: this.#watched(ports.store) };
    const { batch } = founding(ports, { signer, author, keys, network, inode: BigInt(index + 1) });
    const make = (): void => {
      const { verifier, sync } = parts;
      const made = { ports: watched, hasher, signer, verifier, author, network, sync, id, links: this.#links() };
      this.#peer = new Peer({ ...made, signatures: "ed25519", release: async () => {} });
    };
    if (batch === undefined) make();
    else
      ports.store.commit(batch, (failure) => {
        if (failure === undefined) make();
        else this.#why = failure.reason;
      });
  }

  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** Why it came to an end by itself, if it did. */
  get why(): string | undefined {
    return this.#why ?? this.#peer?.ended?.message;
  }

  get view(): FeedView {
    return this.#view;
  }

  /** What the weather did to its frames. */
  get weather(): ChaosTransport["counts"] | undefined {
    return this.#chaos?.counts;
  }

  /** Resolves once it is on disk here. */
  async write(key: string, value: string): Promise<{ readonly epoch: number; readonly seq: number; readonly id: string }> {
    if (this.#peer === undefined) throw new Error(`peer ${this.index} is not up`);
    this.#table ??= this.#peer.table(this.#parts.path, text);
    const table = await this.#table;
    const receipt = await table.put(key, value);
    return { epoch: receipt.epoch, seq: receipt.seq(0), id: receipt.id(0) };
  }

  /** The root over all that it holds, as long as nothing waits to be taken into it. */
  look(): string | undefined {
    const root = this.#view.changedLanes(1).length > 0 ? undefined : this.#rootNow();
    if (root !== undefined && root !== this.#root) {
      this.#root = root;
      this.#rootedMs = this.#parts.now();
    }
    return root;
  }

  /** As it was last looked at, and how long it has been so. */
  get rooted(): { readonly root: string; readonly sinceMs: number } {
    return { root: this.#root ?? NO_ROOT, sinceMs: this.#rootedMs };
  }

  /** The first bytes of its root, and how many events of the application it holds, whoever wrote them. */
  get sample(): { readonly root: string; readonly events: number } {
    this.#sampled ??= { root: this.#rootNow().slice(0, ROOT_SHOWN_DIGITS), events: this.#events() };
    return this.#sampled;
  }

  /** It is never closed: the world ends with it. */
  stop(): void {}

  #rootNow(): string {
    const record = this.#view.frontier();
    return record === undefined ? NO_ROOT : toHex(record.root);
  }

  #events(): number {
    let events = 0;
    for (const { id } of this.#view.subjects())
      for (const { number } of this.#view.lanes(id)) {
        const size = this.#view.head(number)?.size ?? 0;
        events += size - this.#systemEventsOf(number, size);
      }
    return events;
  }

  #systemEventsOf(lane: number, size: number): number {
    const seen = this.#systemEvents.get(lane) ?? { upTo: 0, count: 0 };
    this.#systemEvents.set(lane, seen);
    const end = Math.min(size, SYSTEM_EVENTS_WITHIN);
    const reader = seen.upTo < end ? this.#peer?.lane(lane) : undefined;
    for (; reader !== undefined && seen.upTo < end; seen.upTo++) {
      const event = reader.event(seen.upTo + 1);
      if (event !== undefined && kindAt(event.bytes, event.offset) <= systemKindMax) seen.count++;
    }
    return seen.count;
  }

  #watched(store: Ports["store"]): Ports["store"] {
    return {
      keys: store.keys,
      roomBytes: () => store.roomBytes(),
      commit: (batch, done) =>
        store.commit(batch, (failure) => {
          done(failure);
          this.#sampled = undefined;
          this.#parts.changed(this);
        }),
    };
  }

  #counted(transport: Transport): Transport {
    const heard = (events: LinkEvents): LinkEvents => ({
      opened: (peer, traits) => {
        this.#linked.add(peer);
        events.opened(peer, traits);
      },
      closed: (peer) => {
        this.#linked.delete(peer);
        events.closed(peer);
      },
      arrived: (from, frame, messageClass) => events.arrived(from, frame, messageClass),
    });
    return {
      listen: (events) => transport.listen(heard(events)),
      send: (to, frame, messageClass) => transport.send(to, frame, messageClass),
      credit: (from, bytes) => transport.credit(from, bytes),
      close: (peer, reason) => transport.close(peer, reason),
    };
  }

  /** Links are opened from outside: an address is the peer's id. */
  #links(): PeerLinks {
    return {
      dial: async (target) => ({ peer: target as PeerId, leave: () => undefined }),
      invite: () => undefined,
      rows: () =>
        [...this.#linked].map(
          (peer): LinkRow => ({ address: peer, peer, state: "linked", cause: undefined, detail: undefined, bytesOut: 0, bytesIn: 0 }),
        ),
    };
  }
}
