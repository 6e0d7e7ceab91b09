import { Malformed } from "../bytes/malformed.js";
import type { AnyDefinedMerge } from "../merge/define-merge.js";
import { decidedPlace } from "./collect.js";
import { type Data, isDataObject } from "./data.js";
import { dataFault } from "./data-fault.js";
import { compareTexts, textOfData } from "./data-text.js";
import { stampFrom, unstamped } from "./fragment.js";
import { withOneForm } from "./numbers.js";
import { namesOfPointer } from "./pointer.js";
import { type Prepared, prepare, RefusedFragment, type Rules } from "./preparing.js";
import type { CompiledSchema, Violation } from "./schema/compile.js";
import type { Contested } from "./settle.js";
import { Explaining, inOrder, rulesFrom, Synthesis } from "./synthesis.js";
import type { ExplainedPlace } from "./told.js";

// Many fragments that contradict each other, one document: a function of the set of fragments. Their order, how often they come and
// what they are called change nothing.

export interface Fragment {
  /** What it was read from: of several with one id the newest counts, by its stamp, else by its canonical bytes. */
  readonly id: string;
  /** When, as a number that only rises or a time: "2026-11-20T10:30:00Z". */
  readonly stamp?: number | string | undefined;
  readonly source?: string | undefined;
  readonly priority?: number | undefined;
  /** What it says, as it is or in an envelope: {"$fragment":{"source":"team"},"body":…}. Missing, where it was deleted. */
  readonly content?: Data | undefined;
}

export interface SynthesisOptions {
  readonly schema?: CompiledSchema | undefined;
  /** As a strategies file has it: {"paths":{"/votes":"pn-counter"}}. */
  readonly strategies?: Data | undefined;
  /** Merge types of the application's own, by the name that strategies call them: {"strategy":"custom","type":"high-scores"}. */
  readonly types?: Readonly<Record<string, AnyDefinedMerge>> | undefined;
}

export interface Synthesized {
  /** The document; missing, where nothing is said. */
  readonly state: Data | undefined;
  /** The document in its canonical form (RFC 8785). */
  readonly text: string;
  /** Where not all that is said counts, in the order of the document. */
  readonly conflicts: readonly ExplainedPlace[];
  /** Fragments of which nothing counts, since something in them is not as it has to be. */
  readonly refused: readonly RefusedFragment[];
  /** What the document lacks to fit the schema. */
  readonly violations: readonly Violation[];
  readonly provenance: Provenance;
}

export interface Provenance {
  /** Who says what at a place, what counts of it and why; `undefined`: nobody says anything. */
  explain(pointer: string): ExplainedPlace | undefined;
}

export function synthesize(fragments: Iterable<Fragment>, options: SynthesisOptions = {}): Synthesized {
  const synthesis = new Synthesis(rulesOf(options));
  const { rules } = synthesis;
  const refused: RefusedFragment[] = [];
  const counting: Prepared[] = [];
  for (const made of newest(fragments, rules)) {
    if (made instanceof RefusedFragment) refused.push(made);
    else counting.push(made);
  }
  for (const prepared of counting) synthesis.say(prepared);
  const contested: Contested[] = [];
  const settled = synthesis.finish((_outcome, place) => contested.push(place()));
  const state = settled === undefined ? undefined : plainOf(settled);
  const explained = (places: readonly Pick<Contested, "pointer" | "names">[]) => {
    const explaining = new Explaining(rules, places);
    for (const prepared of counting) explaining.add(prepared);
    return explaining.explanations();
  };
  return {
    state,
    text: state === undefined ? "" : textOfData(state),
    conflicts: explained(inOrder(contested)),
    refused: refused.sort((left, right) => compareTexts(left.id, right.id)),
    violations: state === undefined ? [] : (rules.schema?.check(state, "document") ?? []),
    provenance: {
      explain(pointer) {
        const names = namesOfPointer(pointer);
        if (names === undefined) throw new RangeError(`${JSON.stringify(pointer)} is no JSON pointer: write it like "/services/api"`);
        return explained([decidedPlace(names, { plan: rules.plan, document: state })])[0];
      },
    },
  };
}

/** Throws a `RangeError` where strategies are not as they have to be. */
function rulesOf({ schema, strategies, types = {} }: SynthesisOptions): Rules {
  const rules = rulesFrom({
    schema,
    strategies,
    types({ type }) {
      const found = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined;
      return found ?? new Malformed(`"type" of custom is one that is handed in: ${Object.keys(types).join(", ") || "there is none"}`);
    },
  });
  if (rules instanceof Malformed) throw new RangeError(rules.reason);
  return rules;
}

interface Version {
  readonly fragment: Fragment;
  readonly stamp: number;
  /** Missing, where it was deleted. */
  readonly made: Prepared | RefusedFragment | undefined;
}

/** Of each id the newest; none that was deleted. */
function newest(fragments: Iterable<Fragment>, rules: Rules): (Prepared | RefusedFragment)[] {
  const versions = new Map<string, Version>();
  for (const fragment of fragments) {
    const version = versionOf(fragment, rules);
    const known = versions.get(fragment.id);
    if (known === undefined || isNewer(version, known)) versions.set(fragment.id, version);
  }
  return [...versions.values()].flatMap(({ made }) => made ?? []);
}

function versionOf(fragment: Fragment, rules: Rules): Version {
  const { id, stamp: written, source, priority, content } = fragment;
  const stamp = written === undefined ? undefined : stampFrom(written);
  if (stamp instanceof Malformed) throw new RangeError(`${id}: ${stamp.reason}`);
  if (priority !== undefined && !Number.isFinite(priority)) throw new RangeError(`${id}: a priority is a number, not ${priority}`);
  const at = { fragment, stamp: stamp ?? unstamped };
  if (content === undefined) return { ...at, made: undefined };
  const fault = dataFault(content);
  if (fault !== undefined) return { ...at, made: new RefusedFragment(id, { names: [], expected: `JSON: ${fault}` }) };
  return { ...at, made: prepare(rules, { id, stamp, source, priority }, withOneForm(content)) };
}

/** By when it was delivered, else by when it says that it was said, else by its bytes. */
function isNewer(version: Version, than: Version): boolean {
  if (version.stamp !== than.stamp) return version.stamp > than.stamp;
  // Deleted counts before what is said at once.
  if (version.made === undefined || than.made === undefined) return than.made !== undefined;
  const [said, before] = [saidAt(version.made), saidAt(than.made)];
  return said === before ? compareTexts(bytesOf(version), bytesOf(than)) > 0 : said > before;
}

/** What is refused is not passed over for what was said at once. */
function saidAt(made: Prepared | RefusedFragment): number {
  return made instanceof RefusedFragment ? Number.POSITIVE_INFINITY : made.head.stamp;
}

function bytesOf({ fragment: { content, source, priority } }: Version): string {
  const fault = dataFault(content);
  return textOfData([fault ?? (content as Data), source ?? null, priority ?? null]);
}

/** Objects as applications know them. */
function plainOf(value: Data): Data {
  if (typeof value !== "object" || value === null) return value;
  if (!isDataObject(value)) return (value as readonly Data[]).map(plainOf);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainOf(each)]));
}
