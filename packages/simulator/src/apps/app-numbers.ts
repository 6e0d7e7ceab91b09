import { appPeersMax } from "../limits.js";
import type { Chaos } from "../sync/chaos-transport.js";

// A number that means nothing would be taken as some other one without a word: a share of 20 as always, a time of NaN as never.

export function checkPeers(peers: number): void {
  if (!Number.isInteger(peers) || peers < 1 || peers > appPeersMax)
    throw new RangeError(`peers is no whole number from 1 to ${appPeersMax}: ${peers}`);
}

export function checkMs(name: string, ms: number): void {
  if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`${name} is no finite number of milliseconds from 0: ${ms}`);
}

/** Without end only where something else can be the end. */
export function checkForMs(forMs: number, until: (() => boolean) | undefined): void {
  if (forMs !== Number.POSITIVE_INFINITY) return checkMs("forMs", forMs);
  if (until === undefined) throw new RangeError("forMs is Infinity, and there is no until that ends it");
}

export function checkWeather({ loss, duplication, reordering, delayMs, jitterMs }: Chaos): void {
  for (const [name, share] of Object.entries({ loss, duplication, reordering })) {
    if (!(typeof share === "number" && share >= 0 && share <= 1)) throw new RangeError(`${name} is no share from 0 to 1: ${share}`);
  }
  for (const [name, ms] of Object.entries({ delayMs, jitterMs })) checkMs(name, ms);
}
