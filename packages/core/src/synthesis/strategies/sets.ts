import { type Data, isDataObject } from "../data.js";
import { compareTexts, textOfData } from "../data-text.js";
import { type FragmentHead, unstamped } from "../fragment.js";
import type { Candidate, Decision, Strategy } from "../strategy.js";

// Sets: an array says what is in them, {"add":[…],"remove":[…]} also what is not. They come out in the order of their canonical bytes.

/** Of one element: the last that added it, and the last that removed it. */
interface Said {
  readonly value: Data;
  added: FragmentHead | undefined;
  removed: FragmentHead | undefined;
}

interface SetRule {
  readonly name: string;
  readonly removes: boolean;
  isIn(said: Said): boolean;
  readonly why: string;
}

export const gSet = setBy({
  name: "g-set",
  removes: false,
  isIn: () => true,
  why: "everything that was added",
});

export const twoPhaseSet = setBy({
  name: "2p-set",
  removes: true,
  isIn: ({ removed }) => removed === undefined,
  why: "everything that was added and that nobody ever removed",
});

export const orSet = setBy({
  name: "or-set",
  removes: true,
  isIn: ({ added, removed }) => added !== undefined && stampOf(added) >= stampOf(removed),
  why: "everything that was added and not removed later",
});

export const rwSet = setBy({
  name: "rw-set",
  removes: true,
  isIn: ({ added, removed }) => removed === undefined || stampOf(added) > stampOf(removed),
  why: "everything that was added later than it was removed",
});

function setBy({ name, removes, isIn, why }: SetRule): Strategy {
  const wanted = removes ? 'an array, or {"add":[…],"remove":[…]}' : "an array";
  return {
    name,
    forSchema: (value) => (removes && isChange(value) ? changeOf(value).add : value),
    expects: (value) => (Array.isArray(value) || (removes && isChange(value)) ? contested(value) : wanted),
    decide(candidates) {
      const elements = [...elementsOf(candidates)].sort(([left], [right]) => compareTexts(left, right)).map(([, said]) => said);
      const [inside, outside] = [elements.filter((each) => isMember(each, isIn)), elements.filter((each) => !isMember(each, isIn))];
      const refused = outside.filter(({ added, removed }) => added !== undefined && stampOf(added) >= stampOf(removed));
      return {
        ...outcome(refused.length),
        value: inside.map(({ value }) => value),
        winners: candidates,
        losers: [],
        why,
        notes: outside.flatMap(noteOf),
      };
    },
  };
}

function isMember(said: Said, isIn: SetRule["isIn"]): boolean {
  return said.added !== undefined && isIn(said);
}

/** Somebody added what the rule keeps out, and was not told of a removal that came later. */
function outcome(refused: number): Pick<Decision, "outcome"> {
  return { outcome: refused === 0 ? "agreed" : "resolved" };
}

function noteOf({ value, added, removed }: Said): string[] {
  const element = textOfData(value);
  if (removed === undefined) return [];
  if (added === undefined) return [`${element} is removed by ${removed.id}, and was not there`];
  const again = stampOf(added) >= stampOf(removed) ? "; it was added again, which does not count" : "";
  return [`${element} stays out: removed by ${removed.id}, added by ${added.id}${again}`];
}

function elementsOf(candidates: readonly Candidate[]): Map<string, Said> {
  const elements = new Map<string, Said>();
  const at = (value: Data): Said => {
    const text = textOfData(value);
    const said = elements.get(text) ?? { value, added: undefined, removed: undefined };
    elements.set(text, said);
    return said;
  };
  // The last come first: whoever is there already said it later.
  for (const { value, head } of candidates) {
    const { add, remove } = changeOf(value);
    for (const element of add) at(element).added ??= head;
    for (const element of remove) at(element).removed ??= head;
  }
  return elements;
}

interface Change {
  readonly add: readonly Data[];
  readonly remove: readonly Data[];
}

function isChange(value: Data): boolean {
  if (!isDataObject(value)) return false;
  return Object.keys(value).every((name) => (name === "add" || name === "remove") && Array.isArray(value[name]));
}

function changeOf(value: Data): Change {
  if (Array.isArray(value)) return { add: value, remove: [] };
  const change = value as Partial<Record<"add" | "remove", readonly Data[]>>;
  const listed = (name: "add" | "remove") => (Object.hasOwn(change, name) ? (change[name] as readonly Data[]) : []);
  return { add: listed("add"), remove: listed("remove") };
}

/** What is wrong, where one fragment adds and removes the same. */
function contested(value: Data): string | undefined {
  const { add, remove } = changeOf(value);
  if (remove.length === 0) return undefined;
  const added = new Set(add.map(textOfData));
  const both = remove.map(textOfData).find((text) => added.has(text));
  return both === undefined ? undefined : `that it does not both add and remove ${both}`;
}

function stampOf(head: FragmentHead | undefined): number {
  return head?.stamp ?? unstamped;
}
