import { Malformed } from "../bytes/malformed.js";
import { type Data, type DataObject, isDataObject } from "./data.js";
import { dataFault } from "./data-fault.js";
import { textOfData } from "./data-text.js";
import { type Misfit, misfitOf } from "./fitting.js";
import { type FragmentHead, type Opened, openEnvelope, scoped, unstamped } from "./fragment.js";
import type { Plan } from "./plan.js";
import { namesOfPointer } from "./pointer.js";
import type { CompiledSchema } from "./schema/compile.js";
import { partForSchema, placeOfPart } from "./schema-part.js";
import { envelopeByRules, type Strategies, typedFields } from "./strategies-file.js";

// From what was read to what is said: who says it and when, where it belongs, and whether all of it is as it has to be. Of a fragment
// that is not, nothing counts.

export interface Rules {
  readonly plan: Plan;
  readonly strategies: Strategies;
  readonly schema?: CompiledSchema | undefined;
}

export interface Prepared {
  readonly head: FragmentHead;
  /** Where it belongs in the document. */
  readonly body: Data;
  /** Names that stand around it in what was read, and names that stand around it in the document alone. */
  readonly envelope: readonly string[];
  readonly scope: readonly string[];
}

/** Why a fragment does not count. */
export class RefusedFragment {
  readonly id: string;
  /** Where in what was read. */
  readonly names: readonly string[];
  readonly expected: string;
  readonly found: string;

  constructor(id: string, at: { readonly names: readonly string[]; readonly expected: string; readonly found?: string }) {
    this.id = id;
    this.names = at.names;
    this.expected = at.expected;
    this.found = at.found ?? "";
  }
}

/** What whoever delivers a fragment knows of it: what it says itself, and what rules say, counts before that. */
export interface Delivered {
  readonly id: string;
  /** What it came in, if that holds several: the file of a record. Rules go by it, and it is the source if nothing else is said. */
  readonly origin?: string | undefined;
  readonly stamp?: number | undefined;
  readonly source?: string | undefined;
  readonly priority?: number | undefined;
}

export function prepare({ plan, strategies, schema }: Rules, delivered: Delivered, content: Data): Prepared | RefusedFragment {
  const { id, origin = id } = delivered;
  const refuse = (reason: Malformed, names: readonly string[] = []) => new RefusedFragment(id, { names, expected: reason.reason });
  const opened = openEnvelope(content);
  if (opened instanceof Malformed) return refuse(opened);
  const read = strategies.fragments.length === 0 ? opened : byRules(strategies, origin, opened);
  if (read instanceof Malformed) return refuse(read);
  const { envelope } = read;
  const { source = delivered.source ?? origin, stamp = delivered.stamp ?? unstamped, priority = delivered.priority ?? 0 } = envelope;
  const place = envelope.scope === undefined ? NO_NAMES : (namesOfPointer(envelope.scope) as string[]);
  const body = place.length === 0 ? read.body : scoped(read.body, place);
  const fault = place.length === 0 ? undefined : dataFault(body);
  if (fault !== undefined) return refuse(new Malformed(`in its scope it is no JSON: ${fault}`));
  const isWrapped = opened.body !== content;
  const prefix = isWrapped ? IN_ENVELOPE : NO_NAMES;
  const within = (names: readonly string[]) => [...prefix, ...names.slice(place.length)];
  const part = schema === undefined ? undefined : partForSchema(body, plan);
  const [violation] = (part === undefined ? undefined : schema?.check(part, "fragment")) ?? [];
  if (violation !== undefined) {
    const { pointer, expected, found } = violation;
    return new RefusedFragment(id, { names: within(placeOfPart(body, namesOfPointer(pointer) ?? [])), expected, found });
  }
  const misfit = misfitOf(body, plan);
  if (misfit !== undefined) return refusalOf(id, misfit, within);
  return { head: { id, source, stamp, priority }, body, envelope: prefix, scope: place };
}

const NO_NAMES: readonly string[] = [];
const IN_ENVELOPE: readonly string[] = ["body"];

/** Where in what was read that stands which a fragment says of a place; `undefined`, where it says nothing of it. */
export function contentPath({ body, envelope, scope }: Prepared, names: readonly string[], plan: Plan): readonly string[] | undefined {
  const path: string[] = [];
  let value = body;
  let place = plan;
  for (const name of names) {
    const { rule } = place;
    const step = rule.kind === "by-key" ? String(elementIndex(value, name, rule.key)) : name;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as DataObject)[step] as Data;
    path.push(step);
    place = place.child(name);
  }
  return [...envelope, ...path.slice(scope.length)];
}

function elementIndex(value: Data, text: string, key: string): number {
  if (!Array.isArray(value)) return -1;
  return (value as readonly DataObject[]).findIndex((element) => Object.hasOwn(element, key) && textOfData(element[key] as Data) === text);
}

/** What rules make of the body and say of it; what it says itself counts before that. */
function byRules({ fragments }: Strategies, origin: string, { envelope, body }: Opened): Opened | Malformed {
  const typed = typedFields(fragments, origin, body);
  if (typed instanceof Malformed) return typed;
  const said = envelopeByRules(fragments, origin, typed);
  return said instanceof Malformed ? said : { envelope: { ...said, ...envelope }, body: typed };
}

function refusalOf(
  id: string,
  { names, expected, found }: Misfit,
  within: (names: readonly string[]) => readonly string[],
): RefusedFragment {
  return new RefusedFragment(id, { names: within(names), expected, found: shortText(found) });
}

const SHOWN_CHARS = 60;

/** As much of it as is read on one line. */
export function shortText(value: Data): string {
  if (isDataObject(value) && Object.keys(value).length > SHOWN_CHARS) return "an object";
  const text = textOfData(value);
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS).replace(/[\ud800-\udbff]$/, "")}…`;
}
