import {
  decodeKey,
  decodeViewNumber,
  encodeItems,
  equalBytes,
  eventsInOrder,
  type FeedView,
  type Hasher,
  isMalformed,
  LaneReader,
  type ReadableKeys,
  type SubjectId,
  systemKinds,
  tableRange,
  toHex,
  ViewFold,
  ViewStore,
} from "@sinter/core";
import { spansOf } from "../hosts/plain-reading.js";
import { traceText } from "../trace.js";
import type { ViewKind } from "./view-kinds.js";

// What a store says of a subject without the view that is open: its events read one by one, a fold from the beginning, and what of
// its views is on disk.

/** A view on disk, by the lanes it was folded over. */
export interface DurableView {
  readonly number: number;
  readonly cursors: ReadonlyMap<number, { readonly seq: number; readonly id: Uint8Array }>;
}

/** No store of a run has so many. */
const APART = 0xffff_fff0;

/** Folded from the beginning, beside all that the store has of views. `waiting`: lanes that cannot be folded to their end. */
export function foldedAfresh(
  view: FeedView,
  hasher: Hasher,
  { type, kept }: ViewKind,
  subject: SubjectId,
): { readonly state: string; readonly events: number; readonly waiting: number } {
  const store = new ViewStore(view.keys, hasher, APART);
  const wallMs = () => Number.MAX_SAFE_INTEGER;
  const fold = new ViewFold({ view, hasher, subject, type, assurance: "classical", store, kept, order: "epochs", wallMs });
  fold.look();
  if (fold.fold(Number.MAX_SAFE_INTEGER) === "more" || fold.outdated !== undefined) throw new Error(`no fold of its own: ${fold.outdated}`);
  const lanes = { lanes: fold.lanes.canonical, seen: fold.seen };
  const state = toHex(kept === "some" ? fold.root() : encodeItems(type, new Map(fold.items.all), lanes));
  return { state, events: fold.events, waiting: fold.waits.size };
}

/** The views that are on disk, by the subjects they are of: each subject of a run is read through one type. */
export function durableViews(keys: ReadableKeys, hasher: Hasher): ReadonlyMap<string, DurableView> {
  const views = new Map<string, DurableView>();
  for (const [key, value] of [...keys.range(tableRange("viewNumber"))]) {
    const [place, number] = [decodeKey(key), decodeViewNumber(value)];
    if (isMalformed(place) || place.table !== "viewNumber" || isMalformed(number)) throw new Error("a view's number that is none");
    views.set(toHex(place.subject), { number, cursors: new Map(new ViewStore(keys, hasher, number).cursors()) });
  }
  return views;
}

/** Numbers of views of which anything is on disk. */
export function viewsOnDisk(keys: ReadableKeys): number {
  return [...keys.range(tableRange("view"))].length;
}

/** Whether something was taken away of what a view on disk was folded over, or may have been by what it was not folded over: only
 * then may it be folded anew. */
export function isOutdated(view: FeedView, hasher: Hasher, subject: SubjectId, { cursors }: DurableView): boolean {
  for (const { entry, end } of spansOf(view, subject)) {
    const cursor = cursors.get(entry.number);
    if (cursor === undefined) continue;
    const reader = new LaneReader(view, hasher, entry.number);
    const id = reader.nodes(reader.laneId()).leaves(cursor.seq - 1, 1);
    if (cursor.seq >= end || id === undefined || !equalBytes(id, cursor.id)) return true;
  }
  // A lane at a time: of one event that stands in two lanes only the first is told of.
  const again = new Set<string>();
  for (const span of spansOf(view, subject))
    for (const { origin } of eventsInOrder(view, hasher, subject, [span])) if (origin !== undefined) again.add(toHex(origin.id));
  const unfolded = spansOf(view, subject, cursors).filter(({ next, end }) => next < end);
  // One that is appended again may come before it comes where it first stood: then that is folded, and this is the new one.
  for (const { id, kind, origin } of eventsInOrder(view, hasher, subject, unfolded))
    if (kind === systemKinds.redacted || origin !== undefined || again.has(toHex(id))) return true;
  return false;
}

/** Text that is the same for what is the same to an application, in whatever order it is told. */
export function toldAs(value: unknown): string {
  if (!(value instanceof Map || value instanceof Set)) return traceText(value);
  const told = [...value].map((each) => traceText(each));
  return told.sort().join();
}
