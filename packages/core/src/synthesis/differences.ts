import { differenceCharsMax, differencesListedMax } from "../bytes/limits.js";
import { decodeUtf8 } from "../bytes/utf8.js";
import { type Data, type DataObject, isDataObject } from "./data.js";
import { writeData } from "./data-bytes.js";
import { textOfData } from "./data-text.js";
import { pointerOf } from "./pointer.js";

// What changes where one document takes the place of another.

/** Added, where `published` is missing; removed, where `now` is. */
export interface Difference {
  /** A JSON pointer: for what is removed into the published document, for what is added into the new one, else the same in both. */
  readonly pointer: string;
  readonly published?: Data;
  readonly now?: Data;
}

export interface Differences {
  /** In the order of the documents. */
  readonly listed: readonly Difference[];
  /** How many are not listed. */
  readonly more: number;
}

/** `undefined`: there is no document. */
export function differences(published: Data | undefined, now: Data | undefined): Differences {
  const comparing = new Comparing();
  comparing.compare(published, now);
  return { listed: comparing.listed, more: comparing.more };
}

/** One or two lines each: "- /a/b: 1" and "+ /a/b: 2". */
export function differenceLines({ listed, more }: Differences): string[] {
  const lines = listed.flatMap(({ pointer, published, now }) => [...line("-", pointer, published), ...line("+", pointer, now)]);
  return more === 0 ? lines : [...lines, `… and ${more} more`];
}

function line(sign: string, pointer: string, value: Data | undefined): string[] {
  return value === undefined ? [] : [`${sign} ${pointer === "" ? "(document)" : pointer}: ${beginning(value)}`];
}

function beginning(value: Data): string {
  let text = "";
  // It may be longer than a text can be.
  writeData(value, (piece) => {
    if (text.length <= differenceCharsMax) text += (decodeUtf8(piece) as string).slice(0, differenceCharsMax + 1);
  });
  return text.length <= differenceCharsMax ? text : `${text.slice(0, differenceCharsMax).replace(/[\ud800-\udbff]$/, "")}…`;
}

class Comparing {
  readonly listed: Difference[] = [];
  more = 0;
  readonly #names: string[] = [];

  compare(published: Data | undefined, now: Data | undefined): void {
    if (published === now) return;
    if (Array.isArray(published) && Array.isArray(now)) this.#arrays(published, now);
    else if (isObject(published) && isObject(now)) this.#objects(published, now);
    else this.#tell(published, now);
  }

  #objects(published: DataObject, now: DataObject): void {
    const names = new Set([...Object.keys(published), ...Object.keys(now)]);
    for (const name of [...names].sort()) this.#below(name, memberOf(published, name), memberOf(now, name));
  }

  /** Elements that are in both stay together, as far as they are in the same order; what is at the same place otherwise has changed. */
  #arrays(published: readonly Data[], now: readonly Data[]): void {
    const [old, fresh] = [new Ahead(published), new Ahead(now)];
    while (old.text !== undefined && fresh.text !== undefined) {
      const [isKept, isKnown] = [fresh.has(old.text), old.has(fresh.text)];
      if (old.text === fresh.text) {
        old.next();
        fresh.next();
      } else if (isKept) this.#add(fresh);
      else if (isKnown) this.#remove(old);
      else if (old.at === fresh.at) {
        this.#below(String(old.at), old.value, fresh.value);
        old.next();
        fresh.next();
      } else {
        this.#remove(old);
        this.#add(fresh);
      }
    }
    while (old.text !== undefined) this.#remove(old);
    while (fresh.text !== undefined) this.#add(fresh);
  }

  #remove(old: Ahead): void {
    this.#below(String(old.at), old.value, undefined);
    old.next();
  }

  #add(fresh: Ahead): void {
    this.#below(String(fresh.at), undefined, fresh.value);
    fresh.next();
  }

  #below(name: string, published: Data | undefined, now: Data | undefined): void {
    this.#names.push(name);
    this.compare(published, now);
    this.#names.pop();
  }

  #tell(published: Data | undefined, now: Data | undefined): void {
    if (this.listed.length === differencesListedMax) this.more++;
    else
      this.listed.push({
        pointer: pointerOf(this.#names),
        ...(published === undefined ? {} : { published }),
        ...(now === undefined ? {} : { now }),
      });
  }
}

/** An array from some element on. */
class Ahead {
  at = 0;
  readonly #values: readonly Data[];
  readonly #texts: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(values: readonly Data[]) {
    this.#values = values;
    this.#texts = values.map(textOfData);
    for (const text of this.#texts) this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  /** Of the element at hand; undefined behind the last. */
  get text(): string | undefined {
    return this.#texts[this.at];
  }

  get value(): Data | undefined {
    return this.#values[this.at];
  }

  has(text: string): boolean {
    return (this.#counts.get(text) ?? 0) > 0;
  }

  next(): void {
    const text = this.#texts[this.at] as string;
    this.#counts.set(text, (this.#counts.get(text) as number) - 1);
    this.at++;
  }
}

function isObject(value: Data | undefined): value is DataObject {
  return value !== undefined && isDataObject(value);
}

function memberOf(object: DataObject, name: string): Data | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
