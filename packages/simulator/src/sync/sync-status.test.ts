import {
  quarantineKeptMax,
  receivingBytesMax,
  receivingStreamsMax,
  sendingStreamsMax,
  unfinishedBytesMax,
  wantedLanesMax,
} from "@sinter/core";
import { expect, test } from "vitest";
import {
  beyondBounds,
  claimsSync,
  clockUntold,
  type DescribedLink,
  type DescribedPeer,
  leftIn,
  notInSync,
  untrueClaims,
} from "./sync-status.js";

// As in sync-checks.test.ts: a world in which it is as it should be, and others in which it is not.

type LinkParts = Partial<Omit<DescribedLink, "receiving" | "sending" | "announcing">> & {
  readonly receiving?: Partial<DescribedLink["receiving"]>;
  readonly sending?: Partial<DescribedLink["sending"]>;
  readonly announcing?: Partial<DescribedLink["announcing"]>;
};

const link = ({ receiving, sending, announcing, ...of }: LinkParts = {}): DescribedLink => ({
  ...{ peer: "b0b", standing: "healthy", wanted: 0, unheld: 0, agreed: "yes" },
  receiving: { streams: 0, taking: 0, bytes: 0, unfinished: 0, ...receiving },
  sending: { streams: 0, unacked: 0, ...sending },
  announcing: { due: 0, pushed: 0, ...announcing },
  ...of,
});
const peer = (...links: readonly DescribedLink[]): DescribedPeer => ({
  malformed: 0,
  quarantine: { kept: [] },
  cores: { sync: { wanted: 0, arriving: 0, links } },
});

test("memory: at each of its bounds a link is well, and beyond any it is not", () => {
  const full: LinkParts = {
    receiving: { streams: receivingStreamsMax, bytes: receivingBytesMax, unfinished: unfinishedBytesMax },
    sending: { streams: sendingStreamsMax, unacked: 4 * sendingStreamsMax },
    wanted: wantedLanesMax,
  };
  expect(beyondBounds(0, peer(link(full)), 4)).toEqual([]);
  const over: readonly LinkParts[] = [
    { receiving: { streams: receivingStreamsMax + 1 } },
    { receiving: { unfinished: unfinishedBytesMax + 1 } },
    { receiving: { bytes: 2 ** 30 } },
    { sending: { streams: sendingStreamsMax + 1 } },
    { sending: { unacked: 4 * sendingStreamsMax + 1 } },
    { wanted: 2 * wantedLanesMax },
  ];
  for (const parts of over) expect(beyondBounds(3, peer(link(), link(parts)), 4), JSON.stringify(parts)).toMatchObject([{ host: 3 }]);
  const kept = Array.from({ length: quarantineKeptMax + 1 }, () => ({ reason: "thrown" }));
  expect(beyondBounds(0, { ...peer(), quarantine: { kept } }, 4)).toHaveLength(1);
});

test("nothing is left of what is over, but for what a liar keeps going", () => {
  const hostile = new Set(["1ia"]);
  expect(leftIn(peer(link()), hostile)).toBeUndefined();
  const busy: readonly LinkParts[] = [
    { wanted: 1 },
    { receiving: { streams: 1 } },
    { receiving: { taking: 1 } },
    { sending: { streams: 1 } },
    { announcing: { due: 1 } },
    { announcing: { pushed: 1 } },
  ];
  for (const parts of busy) {
    expect(leftIn(peer(link(parts)), hostile), JSON.stringify(parts)).toBeDefined();
    expect(leftIn(peer(link(), link({ ...parts, peer: "1ia" })), hostile)).toBeUndefined();
  }
  const alone = peer(link());
  expect(leftIn({ ...alone, cores: { sync: { ...alone.cores.sync, wanted: 1 } } }, hostile)).toBeDefined();
});

test("what counts as saying that two are in sync", () => {
  expect(claimsSync(peer(link()), "b0b")).toBe(true);
  expect(claimsSync(peer(link()), "ann")).toBe(false);
  for (const parts of [{ agreed: "no" }, { wanted: 1 }, { unheld: 1 }, { standing: "suspect" }])
    expect(claimsSync(peer(link(parts)), "b0b")).toBe(false);
});

test("status: two that both say so for a while, and hold different things", () => {
  const pair = { one: 0, other: 1, claims: [true, true], holds: ["x", "y"] } as const;
  expect(untrueClaims([pair], [pair])).toMatchObject([{ host: 0, what: expect.stringMatching(/host 1 both say/) }]);
  expect(untrueClaims([], [pair])).toEqual([]);
  expect(untrueClaims([pair], [{ ...pair, claims: [true, false] }])).toEqual([]);
  expect(untrueClaims([pair], [{ ...pair, holds: ["x", "x"] }])).toEqual([]);
  expect(untrueClaims([{ ...pair, holds: ["x", "w"] }], [pair])).toEqual([]);
});

test("status: who agrees is in sync, or has a good reason", () => {
  expect(notInSync({ state: "in sync" }, [])).toBeUndefined();
  expect(notInSync({ state: "behind" }, [])).toBe("behind");
  expect(notInSync({ state: "stuck", cause: "clock" }, ["clock"])).toBeUndefined();
  expect(notInSync({ state: "stuck", cause: "differs" }, ["clock"])).toBe("stuck: differs");
});

test("status: where two clocks are years apart it says so, whatever else there is", () => {
  expect(clockUntold({ state: "stuck", cause: "clock" })).toBeUndefined();
  expect(clockUntold({ state: "in sync" })).toBe("in sync, where the two clocks are years apart");
  expect(clockUntold({ state: "stuck", cause: "differs" })).toMatch(/^stuck: differs, /);
});
