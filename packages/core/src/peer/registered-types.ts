import { type Hasher, hashBytes } from "../identity/crypto.js";
import type { AnyDefinedMerge } from "../merge/define-merge.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { SinterError } from "./sinter-error.js";

/** Puts an application's type through the laws; what it answers tells that type from one that does otherwise. Throws why it is refused. */
export type LawCheck = (type: AnyDefinedMerge) => Promise<Uint8Array>;

const NO_DIGEST = new Uint8Array(hashBytes);

/** Types that have passed the laws. Those that are built in have, before they were shipped. */
export class RegisteredTypes {
  readonly #hasher: Hasher;
  readonly #check: LawCheck | undefined;
  readonly #digests = new Map<AnyMergeType, Uint8Array>();

  constructor(hasher: Hasher, check: LawCheck | undefined) {
    this.#hasher = hasher;
    this.#check = check;
  }

  /** Once the type, and all that it is made of, may fold. */
  async register(type: AnyMergeType): Promise<void> {
    for (const defined of definedIn(type)) {
      if (this.#digests.has(defined)) continue;
      if (this.#check === undefined)
        throw new SinterError(
          "usage",
          `${defined.name} cannot be put through the laws here`,
          "Open it where its module can be loaded in a thread.",
        );
      this.#digests.set(defined, await this.#check(defined));
    }
  }

  /** What types of one name and version do not agree in, if they do otherwise: of built in types nothing. */
  digestOf(type: AnyMergeType): Uint8Array {
    const digests = definedIn(type).map((defined) => {
      const digest = this.#digests.get(defined);
      if (digest === undefined) throw new Error(`${defined.name} was not registered`);
      return digest;
    });
    const [only] = digests;
    if (only === undefined) return NO_DIGEST;
    if (digests.length === 1) return only;
    const joined = new Uint8Array(digests.length * hashBytes);
    digests.forEach((digest, index) => joined.set(digest, index * hashBytes));
    return this.#hasher.hash("sinter 1 type", joined);
  }
}

/** In the order in which the type names them. */
function definedIn(type: AnyMergeType): AnyDefinedMerge[] {
  if ("definition" in type) return [type as AnyDefinedMerge];
  return (type.parts ?? []).flatMap(definedIn);
}
