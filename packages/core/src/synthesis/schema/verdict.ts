// What a schema says of a value. Of a whole document it is `no` or `yes`. A fragment says only part of what will be there: more
// fields, and further elements, may come. `no` then means that it is wrong whatever comes, `yes` that it is right whatever comes, and
// `maybe` is all between: Kleene's three values, in which "and" is the least, "or" the greatest, "not" counts from the other end.

export const no = 0;
export const maybe = 1;
export const yes = 2;

export type Verdict = typeof no | typeof maybe | typeof yes;

export function opposite(verdict: Verdict): Verdict {
  return verdict === yes ? no : verdict === no ? yes : maybe;
}
