import {
  type DialledPeer,
  type DisconnectCause,
  isMalformed,
  type LinkEvents,
  type LinkRow,
  type MessageClass,
  type NetworkId,
  type PeerId,
  type PeerLinks,
  SinterError,
  type Transport,
} from "@sinter/core";
import type { Ed25519Signer } from "../node-crypto.js";
import { type Address, addressText, parseAddress } from "./address.js";
import type { CloseCode } from "./close-codes.js";
import { decodeInvite, encodeInvite, type Invite } from "./invite.js";
import type { LinkReport } from "./link.js";
import type { Target, TargetReport } from "./link-target.js";
import { Links } from "./links.js";
import type { LinksFile } from "./links-file.js";

// The links of a peer whose store is on this machine: where it listens, whom it dials, what it hands out to let others in.

export interface StoreLinksOptions {
  readonly signer: Ed25519Signer;
  readonly network: { readonly name: string; readonly id: NetworkId };
  readonly secrets: readonly string[];
  readonly file: LinksFile;
  /** `loopback`: the secret is none, and nobody but this machine is to come in. */
  readonly reach: "any" | "loopback";
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
const ANY_HOST = /^(0\.0\.0\.0|::)$/;
/** How often it is looked whether somebody has answered. */
const LOOK_MS = 10;

const CAUSES: Partial<Record<CloseCode, LinkRow["cause"]>> = {
  "wrong-secret": "wrong secret",
  "wrong-peer": "wrong key",
  version: "version",
  refused: "refused",
  self: "refused",
  "too-many-links": "refused",
};

/** What an address or an invite says, of whom and where. */
export type Destination = { readonly invite: Invite } | { readonly address: Address };

export function parseDestination(text: string): Destination {
  const isInvite = /^\s*sinter[0-9]+\./.test(text);
  const found = isInvite ? decodeInvite(text) : parseAddress(text, { for: "dialling" });
  if (isMalformed(found))
    throw new SinterError(
      "usage",
      `${isInvite ? "the invite" : `"${text}"`}: ${found.reason}`,
      "Give HOST:PORT, ws://HOST:PORT, udp://HOST:PORT, or an invite.",
    );
  return "addresses" in found ? { invite: found } : { address: found };
}

/** Throws where nothing can listen there, or is to. */
export function listeningAddress(text: string, reach: StoreLinksOptions["reach"]): Address {
  const address = parseAddress(text, { for: "listening" });
  if (isMalformed(address))
    throw new SinterError("usage", `cannot listen on "${text}": ${address.reason}`, "Give HOST:PORT; port 0 takes any.");
  if (reach === "loopback" && !LOOPBACK.test(address.host))
    throw new SinterError(
      "usage",
      `a network without a secret is not to be reached from elsewhere than this machine, as ${address.host} is`,
      "Give it a secret (--secret-file or SINTER_SECRET), or listen on 127.0.0.1.",
    );
  return address;
}

export class StoreLinks implements Transport, PeerLinks {
  readonly #options: StoreLinksOptions;
  readonly #links: Links;
  readonly #listening: Address[] = [];

  constructor(options: StoreLinksOptions) {
    this.#options = options;
    const { signer, network, secrets, file } = options;
    this.#links = new Links({ signer, network: network.id, secrets, pins: file });
  }

  // --- the port of the driver ---

  listen(events: LinkEvents): void {
    this.#links.listen(events);
  }

  send(to: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    this.#links.send(to, frame, messageClass);
  }

  credit(from: PeerId, bytes: number): void {
    this.#links.credit(from, bytes);
  }

  close(peer: PeerId, reason: string, cause?: DisconnectCause): void {
    this.#links.close(peer, reason, cause);
  }

  // --- for the one who opens the peer ---

  async listenOn(text: string): Promise<void> {
    this.#listening.push(await this.#links.listenOn(listeningAddress(text, this.#options.reach)));
  }

  /** `instead`: from now on these, in the place of whom the store keeps in mind. */
  join(texts: readonly string[], mind: "instead" | "besides"): void {
    const targets = texts.flatMap((text) => this.#targetsOf(text));
    if (mind === "instead") this.#options.file.join([...new Set(targets.map(addressText))]);
    // Whom an invite names is the only one to be met there, after a restart as well.
    for (const target of targets) if (target.peer !== undefined) this.#options.file.put(addressText(target), target.peer);
    for (const target of targets) this.#links.join(target);
  }

  /** Whom it was last told to. */
  joinAsBefore(): void {
    for (const target of this.#options.file.joined.flatMap((text) => this.#targetsOf(text))) this.#links.join(target);
  }

  shutDown(): Promise<void> {
    return this.#links.shutDown();
  }

  get secrets(): readonly string[] {
    return this.#options.secrets;
  }

  get listening(): readonly string[] {
    return this.#listening.map(addressText);
  }

  // --- for the peer ---

  invite(): string | undefined {
    const { network, secrets } = this.#options;
    const [secret] = secrets;
    if (this.#listening.length === 0 || secret === undefined) return undefined;
    return encodeInvite({ addresses: this.#listening.map(reachable), network: network.name, secret, peer: this.#links.self });
  }

  rows(): readonly LinkRow[] {
    const { targets, links } = this.#links.describe();
    const linked = links.filter(({ state }) => state === "open");
    const rowOf = (link: LinkReport): LinkRow => ({
      address: link.address,
      peer: link.peer ?? undefined,
      state: "linked",
      cause: undefined,
      detail: undefined,
      bytesOut: link.sent.bytes,
      bytesIn: link.received.bytes,
    });
    const dialled = targets.filter((target) => !linked.some(({ peer }) => peer !== null && peer === target.peer));
    return [...linked.map(rowOf), ...dialled.map(targetRow)];
  }

  async dial(target: string, { signal }: { readonly signal?: AbortSignal | undefined }): Promise<DialledPeer> {
    const known = this.rows().find(({ peer, state }) => peer === target && state === "linked");
    if (known?.peer !== undefined) return { peer: known.peer, leave: () => undefined };
    const targets = this.#targetsOf(target);
    const before = new Set(this.#links.describe().targets.map(({ address }) => address));
    const added = targets.filter((each) => !before.has(addressText(each)));
    for (const each of added) this.#links.join(each);
    const leave = () => {
      for (const each of added) this.#links.leave(each);
    };
    try {
      return { peer: await this.#answer(targets, signal), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Whoever answers first at one of these addresses; throws once nobody does at any. */
  async #answer(targets: readonly Target[], signal: AbortSignal | undefined): Promise<PeerId> {
    const addresses = targets.map(addressText);
    for (;;) {
      if (signal?.aborted) throw new SinterError("aborted", "called off", "Nothing was exchanged.", { cause: signal.reason });
      const here = this.#links.describe().targets.filter(({ address }) => addresses.includes(address));
      const linked = here.find(({ state, peer }) => state === "linked" && peer !== null);
      if (linked?.peer) return linked.peer;
      const failed = here.filter(({ failures }) => failures > 0);
      if (failed.length === here.length) throw unanswered(failed);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #targetsOf(text: string): readonly Target[] {
    const found = parseDestination(text);
    if ("address" in found) return [found.address];
    const { addresses, network, peer } = found.invite;
    if (network !== this.#options.network.name)
      throw new SinterError(
        "wrong-store",
        `the invite is to the network ${network}, and this store is of ${this.#options.network.name}`,
        "Use another directory for that network: --data DIR.",
      );
    return addresses.map((address) => ({ ...address, peer }));
  }
}

function targetRow({ address, peer, state, code, reason }: TargetReport): LinkRow {
  const cause = code === undefined ? undefined : (CAUSES[code] ?? "unreachable");
  const isRefused = state === "refused" || state === "waiting";
  return { address, peer: peer ?? undefined, state: isRefused ? "refused" : "connecting", cause, detail: reason, bytesOut: 0, bytesIn: 0 };
}

/** Of those who listen everywhere, an address that can at least be dialled from here. */
function reachable(address: Address): Address {
  return ANY_HOST.test(address.host) ? { ...address, host: "127.0.0.1" } : address;
}

function unanswered(failed: readonly TargetReport[]): SinterError {
  const [first] = failed;
  const what = failed.map(({ address, reason }) => `${address}: ${reason ?? "no answer"}`).join("; ");
  const isRefusal = first?.code !== undefined && CAUSES[first.code] !== undefined;
  return new SinterError(
    isRefusal ? "permission" : "not-found",
    `no link came about: ${what}`,
    isRefusal ? "See that both have the same network and secret, or use an invite." : "See that the other peer runs, and listens there.",
  );
}
