import type { Row, SyncMessage } from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { Hostility } from "./hostile-actor.js";
import type { HostileLink } from "./hostile-link.js";
import { madeUpDigest, madeUpRow } from "./made-up.js";

type Asked = Extract<SyncMessage, { readonly kind: "ask" }>["ask"];
type Told = Extract<SyncMessage, { readonly kind: "tell" }>["tell"];

const WORD = 2 ** 32;
const HASH_BYTES = 16;
/** Of a key of the trie: behind it there are no branches. */
const DIGITS = 192;
const SYMBOLS_MOST = 200;
const ROWS_A_PAGE = 3;

/** Whoever asks it what it holds never hears the end of it. */
export class EndlessSketches implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;
  #pages = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  tick(link: HostileLink): void {
    const random = this.#random;
    // What is heard asks for more: of what it is asked nothing is kept.
    const digest = madeUpDigest(random, random.pick([1, 60, 100_000]));
    if (link.turns % 4 === 0) link.say({ kind: "open", session: link.turns, scope: link.scope, digest, ask: undefined });
  }

  heard(link: HostileLink, message: SyncMessage): void {
    const random = this.#random;
    if (message.kind === "open") {
      const rows = random.pick([1, 60, 100_000, WORD - 1]);
      const tell = random.chance(0.7) === "yes" ? this.#symbols({ from: 0, count: 20, rows }) : undefined;
      link.say({ kind: "opened", session: message.session, digest: madeUpDigest(random, rows), tell });
    }
    if (message.kind === "ask") link.say({ kind: "tell", session: message.session, round: message.round, tell: this.#answer(message.ask) });
    if (message.kind === "difference") link.say({ kind: "settled", session: message.session, missing: 1 + random.below(1_000) });
  }

  #answer(ask: Asked): Told {
    switch (ask.kind) {
      case "symbols":
        return this.#symbols({ from: ask.from, count: Math.min(ask.count, SYMBOLS_MOST), rows: WORD - 1 });
      case "branches":
        return { kind: "branches", below: ask.places.map((place) => this.#children(place)) };
      case "buckets":
        return { kind: "buckets", digests: this.#random.bytes(8 * ask.count) };
      default:
        return { kind: "rows", rows: this.#rows(), next: this.#next() };
    }
  }

  #symbols({ from, count, rows }: { readonly from: number; readonly count: number; readonly rows: number }): Told {
    const random = this.#random;
    const word = () => random.below(WORD);
    const symbols = Array.from({ length: count }, () => ({ lane: word(), row: word(), check: word(), count: random.below(9) - 4 }));
    return { kind: "symbols", from, rows, symbols };
  }

  /** One or two below each place, as a trie has them. */
  #children({ digits, prefix }: Extract<Asked, { readonly kind: "branches" }>["places"][number]) {
    if (digits >= DIGITS) return [];
    const last = [this.#random.below(8), 8 + this.#random.below(8)].slice(0, this.#random.pick([1, 1, 2]));
    return last.map((digit) => {
      const key = new Uint8Array(Math.ceil((digits + 1) / 2));
      key.set(prefix);
      key[digits >> 1] = (key[digits >> 1] as number) | (digits % 2 === 0 ? digit << 4 : digit);
      return { digits: digits + 1, key, hash: this.#random.bytes(HASH_BYTES) };
    });
  }

  #rows(): Row[] {
    return Array.from({ length: ROWS_A_PAGE }, () => madeUpRow(this.#random));
  }

  /** Always behind the one before. */
  #next(): Uint8Array {
    const next = new Uint8Array(8);
    new DataView(next.buffer).setUint32(0, ++this.#pages);
    return next;
  }
}
