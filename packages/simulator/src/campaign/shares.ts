import { type FamilyName, families, familyNames } from "./families.js";

// Which family a seed belongs to: by its number and the shares alone.

export type Shares = ReadonlyMap<FamilyName, number>;

export const defaultShares: Shares = new Map(families.map(({ name, share }) => [name, share]));

/** Steps of this part of the whole come nearly evenly to all places, however many are taken, and from wherever on. */
const STEP = (Math.sqrt(5) - 1) / 2;

export function familyOf(seed: number, shares: Shares): FamilyName {
  const whole = [...shares.values()].reduce((sum, share) => sum + share, 0);
  let place = ((seed * STEP) % 1) * whole;
  for (const [name, share] of shares) {
    place -= share;
    if (place < 0) return name;
  }
  // What rounding leaves over is the last one's that has a share at all.
  return [...shares].findLast(([, share]) => share > 0)?.[0] ?? "feeds";
}

/** `sync=3,feeds=1`: these and no others. A reason, where it cannot be read. */
export function readShares(text: string): Shares | { readonly reason: string } {
  const shares = new Map<FamilyName, number>();
  for (const part of text.split(",")) {
    const [written = "", given = ""] = part.split("=");
    const name = familyNames.find((each) => each === written.trim());
    if (name === undefined) return { reason: `"${written}" is no family; there are: ${familyNames.join(", ")}` };
    if (!/^\d+(\.\d+)?$/.test(given) || Number(given) <= 0)
      return { reason: `a share is a number above 0, as in ${name}=3, and not "${given}"` };
    shares.set(name, Number(given));
  }
  return shares;
}
