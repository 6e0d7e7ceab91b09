import { fromBase64url, toBase64url } from "../bytes/base64url.js";
import { itemKeyBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { codecOf, type Element, elementFault, json, readElement, text } from "./element-codec.js";
import { bytesOfKey, decodeKey, keyOfBytes, textOfKey } from "./item-key.js";
import type { EncodedOperation } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// What sets have in common: their items' keys are their elements.

export interface SetOperation {
  readonly does: "add" | "remove";
  readonly key: string;
}

export interface AddCommands<T> {
  add(element: T): void;
}

export interface SetCommands<T> extends AddCommands<T> {
  remove(element: T): void;
}

export class ElementKeys<T> {
  /** Of the codec. */
  readonly name: string;
  readonly #codec: ReturnType<typeof codecOf<T>>;

  constructor(element: Element<T>) {
    this.#codec = codecOf(element);
    this.name = this.#codec.name;
  }

  keyOf(element: T): string {
    return keyOfBytes(this.#codec.encode(element));
  }

  read(key: string): T {
    return readElement(this.#codec, bytesOfKey(key));
  }

  /** Elements whose items `isIn` says yes to, in the order of their keys. */
  members<Item>(items: ReadonlyMap<string, Item>, isIn: (item: Item) => boolean): ReadonlySet<T> {
    const members: string[] = [];
    for (const [key, item] of items) if (isIn(item)) members.push(key);
    return new Set(members.sort().map((key) => this.read(key)));
  }

  encode({ does, key }: SetOperation): EncodedOperation {
    return { kind: operationKinds[does], payload: bytesOfKey(key) };
  }

  decode(kind: number, payload: Uint8Array): Decoded<SetOperation> {
    if (kind !== operationKinds.add && kind !== operationKinds.remove)
      return new Malformed(`an operation of kind ${kind}, which a set does not have`);
    const key = decodeKey(payload, 0, payload.length);
    if (key instanceof Malformed) return key;
    return elementFault(this.#codec, payload) ?? { does: kind === operationKinds.add ? "add" : "remove", key };
  }

  commands(send: (operation: SetOperation) => void): SetCommands<T> {
    return {
      add: (element) => send({ does: "add", key: this.keyOf(element) }),
      remove: (element) => send({ does: "remove", key: this.keyOf(element) }),
    };
  }

  /** Text as it is, JSON as JSON, and else the bytes in base64url. */
  textOf(key: string): string {
    const { name } = this;
    return name === text.name || name === json.name ? textOfKey(key) : toBase64url(bytesOfKey(key));
  }

  keyFrom(told: string): string {
    const { name } = this;
    if (name === text.name) return this.keyOf(told as T);
    if (name === json.name) return this.keyOf(jsonFrom(told) as T);
    const bytes = fromBase64url(told, itemKeyBytesMax);
    if (bytes instanceof Malformed) throw new RangeError(`an element is told in base64url: ${bytes.reason}`);
    const fault = elementFault(this.#codec, bytes);
    if (fault !== undefined) throw new RangeError(fault.reason);
    return keyOfBytes(bytes);
  }
}

function jsonFrom(told: string): unknown {
  try {
    return JSON.parse(told);
  } catch (error) {
    throw new RangeError(`an element of this set is told as JSON ("ui" in quotes), not ${told}`, { cause: error });
  }
}
