/**
 * The fields or elements of one value that some schema was applied to: what `unevaluatedProperties` and `unevaluatedItems` go by. Kept only
 * below a schema that has one of the two. Of a fragment, also what was seen by schemas that may come to hold: others are then not wrong.
 */
export class Seen {
  readonly #places = new Set<string | number>();
  #all = false;

  see(place: string | number): void {
    this.#places.add(place);
  }

  seeAll(): void {
    this.#all = true;
  }

  has(place: string | number): boolean {
    return this.#all || this.#places.has(place);
  }

  /** What a schema that is applied as well has seen. */
  take(other: Seen): void {
    for (const place of other.#places) this.#places.add(place);
    this.#all ||= other.#all;
  }
}
