import {
  authorOfKey,
  countedHead,
  countedSize,
  decodeForkProof,
  type Epoch,
  encodeForkProof,
  eventsInOrder,
  type FeedView,
  isMalformed,
  type RangeTools,
  type SubjectPath,
  toHex,
  VerifiedFork,
} from "@sinter/core";
import { auditOf } from "../feeds/station.js";
import { forkProofBytesMax } from "../limits.js";
import type { TwinHost } from "./twin-host.js";

// What stores promised, kept outside of them, and what all of them must show once they have met.

export interface LedgerParts {
  readonly tools: RangeTools;
  readonly broken: (what: string) => void;
}

interface Promise {
  readonly path: SubjectPath;
  /** No two are the same. */
  readonly payload: string;
  readonly author: string;
}

export class Ledger {
  readonly #parts: LedgerParts;
  /** By each host, in the order in which they were made; what its disk lost with a former life is not there any more. */
  readonly #promises = new Map<TwinHost, Promise[]>();
  readonly #mayFork = new Set<string>();
  acknowledged = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  promise(host: TwinHost, path: SubjectPath, payloads: readonly Uint8Array[]): void {
    const promises = this.#promises.get(host) ?? [];
    promises.push(...payloads.map((payload) => ({ path, payload: toHex(payload), author: authorHex(host) })));
    this.#promises.set(host, promises);
    this.acknowledged += payloads.length;
  }

  promisedBy(host: TwinHost): number {
    return this.#promises.get(host)?.length ?? 0;
  }

  /** Its disk is another now: of what it promised, no more than the first are sure to be anywhere. */
  replaced(host: TwinHost, kept: number): void {
    this.#promises.set(host, (this.#promises.get(host) ?? []).slice(0, kept));
  }

  /** A store of its author goes on from a state that another one goes on from, and cannot know it. */
  mayFork(host: TwinHost): void {
    this.#mayFork.add(authorHex(host));
  }

  /** All that stores show of lanes, told apart. */
  shown(hosts: readonly TwinHost[]): string {
    return hosts.map((host) => [...rowsOf(host.view, this.#parts.tools)].sort().join(" ")).join("\n");
  }

  check(hosts: readonly TwinHost[]): { readonly count: number; readonly longestProof: number } {
    const { broken, tools } = this.#parts;
    const rows = hosts.map((host) => [...rowsOf(host.view, tools)].sort().join(" "));
    if (new Set(rows).size > 1) broken(`stores that have met differ:\n${rows.join("\n")}`);
    const roots = hosts.map((host) => {
      const answer = host.ask({ kind: "settle" });
      return answer?.kind === "settled" ? toHex(answer.root) : JSON.stringify(answer);
    });
    if (new Set(roots).size > 1) broken(`stores that have met settle on ${roots.join(", ")}`);
    const told = hosts.map((host) => toldBy(host.view, tools));
    for (const each of told) if (each.join() !== told[0]?.join()) broken("stores that have met read the same subjects otherwise");
    this.#kept(hosts, told[0] ?? []);
    for (const host of hosts)
      for (const { what, where, detail } of auditOf(host.peer.store.keys, { ...tools, signer: host.signer }, tools.network))
        broken(`host ${host.index}: audit: ${what} at ${where}: ${detail}`);
    return this.#forks(hosts[0] as TwinHost);
  }

  /** Nothing that was promised is lost, and nothing is told twice. */
  #kept(hosts: readonly TwinHost[], told: readonly string[]): void {
    const { broken } = this.#parts;
    const payloads = new Set(told);
    if (payloads.size !== told.length) broken(`told twice: ${told.filter((each, at) => told.indexOf(each) !== at).slice(0, 5)}`);
    const authors = new Set(hosts.map(authorHex));
    // Only a store of its author could bring a withdrawn event back.
    for (const [host, promises] of this.#promises)
      for (const { path, payload, author } of promises)
        if (!payloads.has(`${path}: ${payload}`) && authors.has(author))
          return broken(`host ${host.index} promised ${payload} in ${path}, and it is gone`);
  }

  #forks({ view }: TwinHost): { readonly count: number; readonly longestProof: number } {
    const { broken, tools } = this.#parts;
    const proofs = [...view.forks()];
    let longestProof = 0;
    for (const proof of proofs) {
      const bytes = encodeForkProof(proof);
      longestProof = Math.max(longestProof, bytes.length);
      const read = decodeForkProof(bytes);
      const fork = isMalformed(read) ? read : VerifiedFork.verify(tools, read, view.keysOf(proof.place.author));
      if (isMalformed(fork)) broken(`a fork that its bytes do not prove: ${fork.reason}`);
      if (!this.#mayFork.has(toHex(proof.place.author))) broken("an author is accused who signed one history of each lane");
    }
    if (longestProof > forkProofBytesMax) broken(`a fork proof of ${longestProof} bytes`);
    return { count: proofs.length, longestProof };
  }
}

function authorHex(host: TwinHost): string {
  return toHex(authorOfKey(host.signer.publicKey));
}

/** What all agree on once they have met: the lanes of which something counts, and where any is frozen. A lane frozen at its very
 * first event is a lane to those who hold that event, and to the others nothing but a proof. */
export function* rowsOf(view: FeedView, { hasher }: Pick<RangeTools, "hasher">): Generator<string, void, undefined> {
  for (const { path, id } of view.subjects())
    for (const { number, author, epoch } of view.lanes(id)) {
      const { size, headId, freezeAt } = countedHead(view, hasher, number);
      if (size > 0) yield `${path}/${laneName(author, epoch)}:${size}:${toHex(headId).slice(0, 8)}:${freezeAt}`;
    }
  for (const { place, forkedAt } of view.forks())
    yield `fork of ${toHex(place.subject).slice(0, 6)}/${laneName(place.author, place.epoch)} at ${forkedAt}`;
}

function laneName(author: Uint8Array, epoch: Epoch): string {
  return `${toHex(author).slice(0, 6)}/${epoch.index}-${toHex(epoch.nonce).slice(0, 6)}`;
}

/** The application's events that count, subject by subject, in total order. */
function toldBy(view: FeedView, { hasher }: RangeTools): string[] {
  const told: string[] = [];
  for (const { path, id } of view.subjects()) {
    const spans = [...view.lanes(id)].map((entry) => {
      const head = view.head(entry.number);
      return { entry, next: 1, end: 1 + (head === undefined ? 0 : countedSize(head)) };
    });
    for (const { kind, payload } of eventsInOrder(view, hasher, id, spans))
      if (kind >= 128) told.push(`${path}: ${typeof payload === "string" ? payload : toHex(payload)}`);
  }
  return told;
}
