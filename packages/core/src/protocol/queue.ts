const FIRST_PLACES = 8;

/** First in, first out, in a ring that grows by doubling: neither end costs an allocation. Its owner bounds it. */
export class Queue<T> {
  /** Its length is a power of two, so that a mask finds the place. */
  #ring: (T | undefined)[] = new Array(FIRST_PLACES).fill(undefined);
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.#length--;
    return item;
  }

  /** Takes out what does not fit; the rest stays in order. */
  keep(fits: (item: T) => boolean): void {
    for (let left = this.#length; left > 0; left--) {
      const item = this.shift() as T;
      if (fits(item)) this.push(item);
    }
  }

  #grow(): void {
    const { length } = this.#ring;
    const ring: (T | undefined)[] = new Array(2 * length).fill(undefined);
    for (let at = 0; at < length; at++) ring[at] = this.#ring[(this.#first + at) & (length - 1)];
    this.#ring = ring;
    this.#first = 0;
  }
}
