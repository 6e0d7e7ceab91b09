import { expect, test } from "vitest";
import type { PeerId } from "../protocol/protocol.js";
import type { DescribedLink } from "../sync/peer-sync.js";
import { syncCauses } from "./causes.js";
import { type LinkRow, linksNow } from "./peer-links.js";
import type { DescribedSync } from "./syncing.js";

const peer = "ab".repeat(32) as PeerId;
const linked: LinkRow = { address: "127.0.0.1:7400", peer, state: "linked", cause: undefined, detail: undefined, bytesOut: 0, bytesIn: 0 };
const equal: DescribedLink = {
  peer,
  standing: "healthy",
  greeted: "yes",
  syncs: "yes",
  scope: "shared",
  clockOffMs: 0,
  compared: "yes",
  agreed: "yes",
  differs: "no",
  asking: { phase: "resting", by: "" },
  last: { converged: "yes", reason: "", rounds: 1, ms: 1 },
  wanted: 0,
  unheld: 0,
  receiving: { streams: 0, taking: 0, bytes: 0, unfinished: 0 },
  sending: { streams: 0, unacked: 0 },
  announcing: { due: 0, pushed: 0 },
};

function status(link: Partial<DescribedLink>, sync: Partial<DescribedSync> = {}, row: Partial<LinkRow> = {}, roomBytes = 1) {
  const told = { pace: "running", fault: undefined, damaged: [], links: [{ ...equal, ...link }], ...sync } as const;
  return linksNow([{ ...linked, ...row }], told, roomBytes).links[0];
}

test("two that hold the same are in sync; one that has told of more is behind; before they have compared, neither is said", () => {
  expect(status({})).toEqual({ address: linked.address, peer, state: "in sync", behind: 0, ahead: 0 });
  expect(status({ wanted: 3 })).toMatchObject({ state: "behind", behind: 3, ahead: 0 });
  expect(status({ unheld: 2 })).toMatchObject({ state: "behind", behind: 0, ahead: 2 });
  expect(status({ agreed: "no" })).toMatchObject({ state: "comparing" });
  expect(status({}, {}, { state: "connecting" })).toMatchObject({ state: "comparing" });
});

const planted: readonly (readonly [cause: (typeof syncCauses)[number], told: ReturnType<typeof status>])[] = [
  ["unreachable", status({}, { links: [] }, { state: "refused", cause: "unreachable", detail: "nobody answers there" })],
  ["wrong secret", status({}, { links: [] }, { state: "refused", cause: "wrong secret" })],
  ["wrong key", status({}, { links: [] }, { state: "refused", cause: "wrong key" })],
  ["version", status({}, { links: [] }, { state: "refused", cause: "version" })],
  ["refused", status({}, { links: [] }, { state: "refused", cause: "refused" })],
  ["silent", status({ standing: "suspect" })],
  ["paused here", status({}, { pace: "paused" })],
  ["paused there", status({ syncs: "no" })],
  ["clock", status({ clockOffMs: -120_000 })],
  ["disk full", status({}, {}, {}, 0)],
  ["damaged", status({}, { damaged: ["events 5 to 9 of team/log"] })],
  ["interest not mutual", status({ scope: "empty" })],
  ["differs", status({ agreed: "no", differs: "yes" })],
];

test.each(planted)("%s: it is stuck, and it is said what to do", (cause, told) => {
  expect(told).toMatchObject({ state: "stuck", cause, fix: expect.stringMatching(/^[A-Z].*\.$/) });
});

test("each cause there is is one of these", () => {
  expect(planted.map(([cause]) => cause)).toEqual([...syncCauses]);
});
