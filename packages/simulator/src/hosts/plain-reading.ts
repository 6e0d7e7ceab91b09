import { countedSize, eventsInOrder, type FeedView, type Hasher, type SubjectId, systemKindMax, toHex } from "@sinter/core";

// What a store says of a subject without any view: its events, read one by one.

export type StoredEvent = ReturnType<typeof eventsInOrder> extends Iterable<infer Event> ? Event : never;

/** Of each lane what counts; behind what a reader has of it, where it has any. */
export function spansOf(view: FeedView, subject: SubjectId, from?: ReadonlyMap<number, { readonly seq: number }>) {
  return [...view.lanes(subject)].map((entry) => {
    const head = view.head(entry.number);
    return { entry, next: 1 + (from?.get(entry.number)?.seq ?? 0), end: 1 + (head === undefined ? 0 : countedSize(head)) };
  });
}

/** The operations' events that count, each once, in total order. */
export function readPlainly(view: FeedView, hasher: Hasher, subject: SubjectId): readonly StoredEvent[] {
  return [...eventsInOrder(view, hasher, subject, spansOf(view, subject))].filter(({ kind }) => kind > systemKindMax);
}

/** By which receipts name it. */
export function idOf({ id, origin }: StoredEvent): string {
  return toHex(origin?.id ?? id);
}
