import { syncPieceBytesMax, wantedPayloadsMax } from "../bytes/limits.js";
import { type EventPlace, isListed } from "../feed/lane/absence.js";
import { DamagedStore, type FeedView } from "../feed/lane/feed-view.js";
import { countedHead } from "../feed/lane/freeze.js";
import { absentPlaces, type Wanted, WantedReader } from "../feed/lane/wanted.js";
import type { Hasher } from "../identity/crypto.js";
import type { NetworkId } from "../identity/ids.js";
import type { Instant } from "../protocol/protocol.js";
import type { SyncLink } from "./link-state.js";
import { inScope, placeOfPath } from "./scope.js";
import type { Around, SyncKnobs } from "./sync-vocabulary.js";
import type { Wanting } from "./wanting.js";

// Payloads that are absent here and were not redacted, asked of a peer that holds the same rows: its payloads are not in the rows.
// One that is more than a message carries comes with its event, like any range.
// A page at a time: the next follows as soon as anything of the last has come; if nothing did, once the two agree again.

export interface MissingParts {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  readonly knobs: SyncKnobs;
  readonly link: SyncLink;
  readonly wanting: Pick<Wanting, "lack">;
  /** Asks for what is to come with its events. */
  readonly gaps: (around: Around) => void;
}

export class Missing {
  readonly #parts: MissingParts;
  #asked: { readonly places: readonly EventPlace[]; readonly at: Instant } | undefined;
  /** Where the list was read to the last time: from there on it is read the next time. */
  #after: EventPlace | undefined;

  constructor(parts: MissingParts) {
    this.#parts = parts;
  }

  /** The two agree. */
  begin(around: Around): void {
    if (this.#asked === undefined) this.#page(around);
  }

  beat(around: Around): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    const left = asked.places.filter((place) => isListed(around.view, place));
    if (left.length === 0) return this.#page(around);
    if (around.now - asked.at < this.#parts.link.waitMs(this.#parts.knobs)) return;
    this.#asked = undefined;
    if (left.length < asked.places.length) this.#ask(left, around);
  }

  #page(around: Around): void {
    const places = absentPlaces(around.view, { lanes: undefined, after: this.#after, limit: wantedPayloadsMax });
    this.#asked = undefined;
    this.#after = places.length < wantedPayloadsMax ? undefined : places.at(-1);
    this.#ask(places, around);
  }

  #ask(places: readonly EventPlace[], around: Around): void {
    const { hasher, link, wanting, gaps } = this.#parts;
    const reader = new WantedReader(around.view, hasher);
    const wanted = places.flatMap((place) => this.#wanted(reader, place, around.view) ?? []);
    if (wanted.length === 0) return;
    this.#asked = { places: wanted, at: around.now };
    const [small, large] = [
      wanted.filter(({ bytes }) => bytes <= syncPieceBytesMax),
      wanted.filter(({ bytes }) => bytes > syncPieceBytesMax),
    ];
    wanting.lack(link.peer, large, around.view);
    if (large.length > 0) gaps(around);
    for (const [lane, of] of new Map(small.map((each) => [each.lane, each.of]))) {
      const { subject, author, epoch } = of;
      const seqs = small.flatMap((each) => (each.lane === lane ? [each.seq] : []));
      around.out.send(link.peer, { kind: "want payloads", place: { subject, author, epoch }, seqs });
    }
  }

  /** Nothing where it is not to be had: redacted, withdrawn, or not in the scope. */
  #wanted(reader: WantedReader, place: EventPlace, view: FeedView): Wanted | undefined {
    const { hasher, network, link } = this.#parts;
    try {
      const wanted = reader.at(place);
      const path = wanted && view.subject(wanted.of.subject);
      if (wanted === undefined || path === undefined || link.scope === undefined) return undefined;
      if (wanted.seq > countedHead(view, hasher, wanted.lane).size) return undefined;
      return inScope(hasher, link.interestKey, link.scope, placeOfPath(hasher, network, path)) ? wanted : undefined;
    } catch (error) {
      // What a disk has lost an audit tells of, and mends.
      if (!(error instanceof DamagedStore)) throw error;
      return undefined;
    }
  }
}
