import type { LinkStatus } from "@sinter/core";
import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { defaultSettings } from "./settings.js";
import { missingAt, statusFaults } from "./sim-checks.js";
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

test("a write is missing where its author has it no more, and anywhere once all have met", () => {
  const empty = (index: number, author: string): SimHost => ({ index, author, view: { subjectId: () => undefined } }) as unknown as SimHost;
  const [hosts, writes] = [[empty(0, "aa"), empty(1, "bb")], [{ author: "bb", epoch: 0, seq: 2, id: "1d" }]];
  const lacks = (by: "every peer" | "its author") => missingAt(hosts, { path: "a", hasher, writes, by });
  expect(lacks("every peer")).toEqual(
    [0, 1].map((index) => `peer ${index} lacks write 2 of bb/0, which was acknowledged: nothing is there`),
  );
  expect(lacks("its author")).toEqual(["peer 1 lacks write 2 of bb/0, which was acknowledged: nothing is there"]);
});
