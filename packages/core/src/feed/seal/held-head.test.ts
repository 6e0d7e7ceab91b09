import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { classicalKeys } from "../../identity/author-keys.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { headKey } from "../../store/keys.js";
import { type Cover, encodeHeadRecord, type HeadRecord } from "../../store/records.js";
import { audited } from "../rig/audited-store.suite.js";
import { hasher, laneIdOf, parts, Rig, standInVerifier } from "../rig/feed-rig.suite.js";
import { cutOffer, takeOffer } from "../rig/offered-lane.suite.js";
import { type HeldClaim, verifyHeldHead } from "./held-head.js";

const tools = { hasher, verifier: standInVerifier };

/** Holds four of six events, and the author's seal over all six. */
function half(): { readonly rig: Rig; readonly record: HeadRecord & { readonly cover: Cover }; readonly claim: HeldClaim } {
  const [a, rig] = [new Rig(), new Rig({ author: 2, instance: 2 })];
  a.append("s", ...Array.from({ length: 6 }, (_, at) => parts(at)));
  takeOffer(rig, cutOffer(a, "s", { from: 1, to: 4, perBlock: 4 }));
  const record = rig.view.head(0);
  if (record?.cover === undefined) throw new Error("not covered");
  const lane = laneIdOf(a.author, "s", { index: 0, nonce: a.instance });
  const head = { lane, size: record.size, mmrRoot: mmrRoot(hasher, record), headId: record.headId };
  return { rig, record: { ...record, cover: record.cover }, claim: { author: a.author, keys: classicalKeys(a.author), head, record } };
}

test("a seal of more events holds for those it begins with", () => {
  const { record, claim } = half();
  expect([record.size, record.seal.size]).toEqual([4, 6]);
  expect(verifyHeldHead(tools, claim)).toBe("holds");
});

function flippedAt(hashes: readonly Uint8Array[], index: number): Uint8Array[] {
  return hashes.map((hash, at) => (at === index ? hash.with(3, (hash[3] as number) ^ 1) : hash));
}

test("with any of what covers it changed, it does not, and an audit says so", () => {
  const { rig, record, claim } = half();
  const { cover } = record;
  const changes: Partial<Cover>[] = [
    { mmrRoot: cover.headId },
    { headId: cover.mmrRoot },
    { proof: cover.proof.slice(1) },
    ...cover.proof.map((_, index) => ({ proof: flippedAt(cover.proof, index) })),
  ];
  for (const change of changes) {
    const altered = { ...record, cover: { ...cover, ...change } };
    expect(verifyHeldHead(tools, { ...claim, record: altered })).toBeInstanceOf(Malformed);
    rig.keys.put(headKey(0), encodeHeadRecord(altered));
    expect(audited(rig.keys).problems.map(({ what }) => what)).toEqual(["seal"]);
  }
});

test("a seal of more events says nothing of others", () => {
  const { claim } = half();
  const other = { ...claim, head: { ...claim.head, mmrRoot: new Uint8Array(32) } };
  expect(verifyHeldHead(tools, other)).toEqual(new Malformed("a seal of 6 events that do not begin with these 4"));
});
