import { Malformed } from "../bytes/malformed.js";
import { parseIso } from "../clock/stamp.js";
import { type Data, isDataObject } from "./data.js";
import { namesOfPointer } from "./pointer.js";

// What one source says: a part of the document, with who says it, when, and where it belongs. All of that may stand in the fragment
// itself, around the part: {"$fragment":{"source":"team","stamp":"2026-11-20T10:30:00Z"},"body":{…}}. Its id is what it was read from,
// and decides nothing: two fragments that say the same in the same words come to the same, whatever they are called.

/** Who says something, and when. */
export interface FragmentHead {
  /** Where it was read: a path, later a message's key. Of two with one id, the newer counts. */
  readonly id: string;
  /** Who says it: what rules go by that count or order sources. Its id, where nothing else is said. */
  readonly source: string;
  /** When, in milliseconds since 1970, or by any other count that only rises; `unstamped` is before all. */
  readonly stamp: number;
  /** The higher counts first, where sources are in no other order. */
  readonly priority: number;
}

export const unstamped = Number.NEGATIVE_INFINITY;

/** What may be said of a fragment, around its body or by rules: all of it optional. */
export interface Envelope {
  readonly source?: string | undefined;
  readonly stamp?: number | undefined;
  readonly priority?: number | undefined;
  /** Where in the document the body belongs: a JSON pointer. */
  readonly scope?: string | undefined;
}

const ENVELOPE = "$fragment";
const NOTHING: Envelope = {};

export interface Opened {
  readonly envelope: Envelope;
  readonly body: Data;
}

/** The body, and what is said around it; a reason, where that is not as it has to be. */
export function openEnvelope(content: Data): Opened | Malformed {
  if (!isDataObject(content) || !Object.hasOwn(content, ENVELOPE)) return { envelope: NOTHING, body: content };
  const around = content[ENVELOPE] as Data;
  const other = Object.keys(content).find((name) => name !== ENVELOPE && name !== "body");
  if (other !== undefined) return new Malformed(`beside ${ENVELOPE} there is only "body", not ${JSON.stringify(other)}`);
  if (!Object.hasOwn(content, "body")) return new Malformed(`beside ${ENVELOPE} the "body" is missing`);
  if (!isDataObject(around)) return new Malformed(`${ENVELOPE} is an object with source, stamp, priority, scope`);
  const envelope = envelopeFrom(around);
  return envelope instanceof Malformed ? envelope : { envelope, body: content["body"] as Data };
}

const readers: Readonly<Record<string, (value: Data) => Envelope | Malformed>> = {
  source: (value) => (typeof value === "string" && value !== "" ? { source: value } : new Malformed("a source is a name: text")),
  stamp(value) {
    const stamp = stampFrom(value);
    return stamp instanceof Malformed ? stamp : { stamp };
  },
  priority: (value) =>
    typeof value === "number" && Number.isFinite(value) ? { priority: value } : new Malformed("a priority is a number"),
  scope: (value) =>
    typeof value === "string" && namesOfPointer(value) !== undefined
      ? { scope: value }
      : new Malformed('a scope is a JSON pointer, such as "/services/api"'),
};

/** What is said of a fragment, as it stands in data. */
export function envelopeFrom(said: { readonly [name: string]: Data }): Envelope | Malformed {
  let envelope: Envelope = {};
  for (const name of Object.keys(said)) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined) return new Malformed(`of a fragment ${Object.keys(readers).join(", ")} are said, not ${JSON.stringify(name)}`);
    const part = read(said[name] as Data);
    if (part instanceof Malformed) return part;
    envelope = { ...envelope, ...part };
  }
  return envelope;
}

const FRACTION = /(?<=:\d\d:\d\d)\.(\d+)(?=Z|[+-])/;
const OFFSET = /([+-])([01]\d|2[0-3]):([0-5]\d)$/;

/** A number, or a time: "2026-11-20", "2026-11-20T10:30:05.25Z", "2026-11-20T12:30:05+02:00". */
export function stampFrom(value: Data): number | Malformed {
  if (typeof value === "bigint") return new Malformed(`a stamp is a number that a double holds exactly, not ${value}`);
  if (typeof value === "number") return Number.isFinite(value) ? value : new Malformed(`a stamp is a number, not ${value}`);
  if (typeof value !== "string") return new Malformed("a stamp is a number, or a time like 2026-11-20T10:30:05Z");
  const offset = OFFSET.exec(value);
  const fraction = FRACTION.exec(value)?.[1];
  const whole = parseIso(value.replace(FRACTION, "").replace(OFFSET, "Z"));
  if (whole instanceof Malformed)
    return new Malformed(`a stamp is a number, or a time like 2026-11-20T10:30:05Z, not ${JSON.stringify(value)}`);
  const minutes = offset === null ? 0 : Number(offset[2]) * 60 + Number(offset[3]);
  const eastMs = minutes * 60_000 * (offset?.[1] === "-" ? -1 : 1);
  return whole - eastMs + (fraction === undefined ? 0 : Number(`0.${fraction}`) * 1000);
}

/** The body where it belongs in the document. */
export function scoped(body: Data, names: readonly string[]): Data {
  return names.reduceRight<Data>((inner, name) => Object.defineProperty({}, name, property(inner)) as Data, body);
}

/** An own one, even of the name `__proto__`. */
function property(value: Data): PropertyDescriptor {
  return { value, enumerable: true, writable: true, configurable: true };
}
