import type { LinkStatus } from "@sinter/core";
import { expect, test } from "vitest";
import { defaultSettings } from "./settings.js";
import { statusFaults } from "./sim-checks.js";
import type { SimHost } from "./sim-host.js";

const host = (index: number, root: string, sinceMs: number): SimHost => ({ index, rooted: { root, sinceMs } }) as unknown as SimHost;
const here = host(0, "aa", 1_000);
const others = new Map([
  ["same", host(1, "aa", 500)],
  ["other", host(2, "bb", 2_000)],
]);
const around = (now: number) => ({ byId: (peer: string) => others.get(peer), now, settings: defaultSettings });
const link = (peer: string, state: LinkStatus["state"]): LinkStatus => ({ address: peer, peer, state, behind: 0, ahead: 0 });
/** Three rounds of 1.5 intervals and a retransmission each, and until somebody is suspected. */
const newsMs = 3 * (1.5 * 7_000 + 2_000) + 2_250;

test("a peer may say that it is in sync until news must have come that it is not", () => {
  const links = [link("same", "in sync"), link("other", "in sync"), link("stranger", "in sync")];
  expect(statusFaults(here, { links }, around(2_000 + newsMs))).toEqual([]);
  expect(statusFaults(here, { links }, around(2_001 + newsMs))).toEqual([
    "peer 0 says that it is in sync with peer 2; they have been apart for 39751 ms",
  ]);
});

test("whoever says anything else says nothing wrong", () => {
  const links = (["behind", "stuck", "comparing"] as const).map((state) => link("other", state));
  expect(statusFaults(here, { links }, around(10_000_000))).toEqual([]);
});
