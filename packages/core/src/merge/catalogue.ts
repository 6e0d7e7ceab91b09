import { type Decoded, Malformed } from "../bytes/malformed.js";
import type { AnyMergeType } from "./merge-type.js";
import { pnCounter } from "./pn-counter.js";
export function typeNamed(name: string): Decoded<AnyMergeType> { return name === "pn-counter" ? pnCounter() : new Malformed("no such type"); }
