import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Instant, type LwwMapCommands, type Peer, type PeerId, type PutCommands, systemKindMax, type Table, text } from "@sinter/core";
import { ChaosTransport, knobsOf, linksOf, SeededRandom, type SimRecorder, type SimSettings } from "@sinter/simulator";
import { type OpenOptions, open } from "sinter";
import { FailingLinks } from "./failing-links.js";

// Peers as `open` makes them, each on a store of its own, all linked over this machine's own network.

export interface SocketPeersOptions {
  readonly settings: SimSettings;
  /** Of the first peer; 0: any that are free. */
  readonly basePort: number;
  /** Made once the names of all peers are known. */
  readonly recorder: (indexOf: (peer: PeerId) => number | undefined) => SimRecorder;
}

export interface SocketPeer {
  readonly index: number;
  readonly id: PeerId;
  readonly peer: Peer;
  readonly links: FailingLinks;
  readonly chaos: ChaosTransport;
  readonly table: Table<string, PutCommands<string>, LwwMapCommands<string>>;
  /** Of the application, as many as have come to be held. */
  readonly held: { events: number };
}

const NETWORK = "sim";
const PATH = "sim/keys";
const HOST = "127.0.0.1";
const clock = {
  now: () => performance.now() as Instant,
  wallMs: () => Date.now(),
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export class SocketPeers {
  readonly all: SocketPeer[] = [];
  /** By index, the lesser first. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly #dir: string;
  readonly #options: SocketPeersOptions;
  readonly #random: SeededRandom;
  readonly #secret: string;
  readonly #over = new AbortController();
  readonly #following: Promise<void>[] = [];

  private constructor(dir: string, options: SocketPeersOptions) {
    const { seed, topology, peers } = options.settings;
    this.#dir = dir;
    this.#options = options;
    this.#random = new SeededRandom(seed, "sockets");
    // Nobody else's network has it: it is drawn anew for each run, and gone with it.
    this.#secret = crypto.randomUUID();
    this.pairs = linksOf(topology, peers, this.#random.stream("links"));
  }

  static async open(options: SocketPeersOptions): Promise<SocketPeers> {
    const peers = new SocketPeers(await mkdtemp(join(tmpdir(), "sinter-sim-")), options);
    try {
      await peers.#begin();
      return peers;
    } catch (error) {
      await peers.close();
      throw error;
    }
  }

  /** Closes all, and leaves nothing behind. */
  async close(): Promise<void> {
    this.#over.abort();
    await Promise.allSettled(this.#following);
    const closed = await Promise.allSettled(this.all.map(({ peer }) => peer.close()));
    await rm(this.#dir, { recursive: true, force: true });
    for (const each of closed) if (each.status === "rejected") throw each.reason;
  }

  /** The ids of all events of the application that a peer holds, read anew. */
  async eventsOf({ peer }: SocketPeer): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for await (const { id, kind } of peer.events(PATH)) if (kind > systemKindMax) ids.add(id);
    return ids;
  }

  async #begin(): Promise<void> {
    const { peers } = this.#options.settings;
    const ids: PeerId[] = [];
    // Each is named by a key that is made with its store; links open before anybody could ask for it.
    for (let index = 0; index < peers; index++) {
      const peer = await open(this.#openOptions(index));
      ids.push(peer.id as PeerId);
      await peer.close();
    }
    const indexes = new Map(ids.map((id, index) => [id, index]));
    const recorder = this.#options.recorder((id) => indexes.get(id));
    for (let index = 0; index < peers; index++) await this.#openOne(index, ids[index] as PeerId, recorder);
  }

  #openOptions(index: number): OpenOptions {
    return { dir: join(this.#dir, String(index)), network: NETWORK, secret: this.#secret, signatures: "ed25519", control: "none" };
  }

  async #openOne(index: number, id: PeerId, recorder: SimRecorder): Promise<void> {
    const { settings, basePort } = this.#options;
    const joined = this.pairs.filter(([, other]) => other === index).map(([one]) => (this.all[one] as SocketPeer).peer.invite());
    const made: { links?: FailingLinks; chaos?: ChaosTransport } = {};
    const peer = await open({
      ...this.#openOptions(index),
      listen: [`${HOST}:${basePort === 0 ? 0 : basePort + index}`],
      join: await Promise.all(joined),
      sync: knobsOf(settings),
      through: (below) => {
        made.links = new FailingLinks(below);
        const random = this.#random.stream(`weather ${index}`);
        made.chaos = new ChaosTransport({ transport: made.links, clock, random, chaos: () => settings.weather });
        return recorder.observed(index, isCalm(settings) ? made.links : made.chaos);
      },
    });
    const { links, chaos } = made;
    if (links === undefined || chaos === undefined) throw new Error("a peer came up without its links");
    const held = { events: 0 };
    const table = await peer.table(PATH, text).catch(async (error: unknown) => {
      await peer.close();
      throw error;
    });
    this.all.push({ index, id, peer, links, chaos, table, held });
    this.#following.push(this.#follow(peer, held));
  }

  /** Until the run is over, or the peer: why that ended is asked of itself. */
  async #follow(peer: Peer, held: { events: number }): Promise<void> {
    for await (const { kind } of peer.events(PATH, { follow: true, signal: this.#over.signal })) if (kind > systemKindMax) held.events++;
  }
}

/** Where nothing is done to frames, links stay what they are: nothing is lost on them. */
function isCalm({ weather }: SimSettings): boolean {
  return Object.values(weather).every((each) => each === 0);
}
