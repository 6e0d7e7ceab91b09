import { expect, test } from "vitest";
import { leastPeers, within } from "./run-limits.js";

const size = { peers: 5, rounds: 20, troubles: ["crash", "kill", "copy"], hostiles: ["flood", "noise"], more: "as it is" };

test("within no limits a size is what it was, and no limit makes it larger", () => {
  expect(within(size)).toEqual(size);
  expect(within(size, { peersMax: 9, roundsMax: 99, troubles: [...size.troubles, "clone"], hostilesMax: 9 })).toEqual(size);
});

test("within limits there is less of it, and never fewer peers than make a run", () => {
  const small = within(size, { peersMax: 3, roundsMax: 2, troubles: ["copy", "crash"], hostilesMax: 1 });
  expect(small).toEqual({ peers: 3, rounds: 2, troubles: ["crash", "copy"], hostiles: ["flood"], more: "as it is" });
  const least = within(size, { peersMax: 0, roundsMax: 0, troubles: [], hostilesMax: 0 });
  expect(least).toEqual({ peers: leastPeers, rounds: 0, troubles: [], hostiles: [], more: "as it is" });
});
