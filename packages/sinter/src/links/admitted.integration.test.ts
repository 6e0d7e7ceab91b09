import { isMalformed, type PeerId, toHex } from "@sinter/core";
import { expect, test } from "vitest";
import { Ed25519Signer, nodeRandom } from "../node-crypto.js";
import { decodeInvite, encodeInvite } from "./invite.js";
import type { KeyPins } from "./links.js";
import { described, type End, end, listenAny, networkOf, patient, secret, twoSigners, until } from "./links.suite.js";

const other = "the secret before that";

async function shutDown(...ends: readonly End[]): Promise<void> {
  await Promise.all(ends.map(({ links }) => links.shutDown()));
  for (const each of ends) expect(described(each).sockets).toBe(0);
}

const refusal = (of: End) => {
  const { state, code, by } = described(of).targets[0] as { state: string; code?: string; by?: string };
  return { state, code, by };
};

async function refused(left: End, right: End): Promise<{ state: string; code: string | undefined; by: string | undefined }> {
  left.links.join(await listenAny(right));
  await until(() => refusal(left).state === "refused" || left.opened.length > 0);
  const came = refusal(left) as { state: string; code: string | undefined; by: string | undefined };
  expect([...left.opened, ...right.opened]).toEqual([]);
  await shutDown(left, right);
  return came;
}

test("another secret is refused by the side that listens, whichever of the two chooses", async () => {
  const [small, large] = twoSigners();
  for (const [dialling, listening] of [
    [small, large],
    [large, small],
  ] as const) {
    const came = await refused(end({ signer: dialling, secrets: [other] }), end({ signer: listening }));
    expect(came).toEqual({ state: "refused", code: "wrong-secret", by: "them" });
  }
});

test("another network with the same secret is refused as well", async () => {
  expect((await refused(end({ network: networkOf("another") }), end())).code).toBe("wrong-secret");
});

test("whoever dials with a secret that the other accepts is linked, whichever the other proves with itself", async () => {
  const sets = [[other], [other, secret], [secret, other], [secret]];
  for (const theirs of sets) {
    for (const ours of sets) {
      const [left, right] = [end({ secrets: ours }), end({ secrets: theirs })];
      const address = await listenAny(right);
      left.links.join(address);
      // Whoever proves with a secret that the other has not got yet waits until it is dialled.
      const isKnown = theirs.includes(ours[0] as string);
      await until(() => (isKnown ? left.opened.length + right.opened.length === 2 : refusal(left).state === "refused"));
      await shutDown(left, right);
    }
  }
});

test("no version in common is told to a member, with both ranges", async () => {
  const [left, right] = [end(), end({ versions: { least: 2, most: 3 } })];
  left.links.join(await listenAny(right));
  await until(() => refusal(left).state === "refused");
  expect(described(left).targets[0]).toMatchObject({ code: "version", reason: "versions 1 to 1 there, 2 to 3 here", by: "them" });
  await shutDown(left, right);
});

test("the highest version in common is spoken", async () => {
  const [left, right] = [end({ versions: { least: 1, most: 4 } }), end({ versions: { least: 2, most: 3 } })];
  left.links.join(await listenAny(right));
  await until(() => left.opened.length + right.opened.length === 2);
  expect([left, right].map((each) => described(each).links[0])).toMatchObject([{ version: 3 }, { version: 3 }]);
  await shutDown(left, right);
});

test("the key first seen at an address stays the only one, and nothing is proven to another", async () => {
  const kept = new Map<string, PeerId>();
  const pins: KeyPins = { get: (address) => kept.get(address), put: (address, peer) => void kept.set(address, peer) };
  const [left, first] = [end({ pins }), end()];
  const address = await listenAny(first);
  left.links.join(address);
  await until(() => left.opened.length > 0);
  expect([...kept]).toEqual([[`127.0.0.1:${address.port}`, first.links.self]]);
  await shutDown(left, first);
  const [again, imposter] = [end({ pins }), end()];
  await imposter.links.listenOn(address);
  again.links.join(address);
  await until(() => refusal(again).state === "refused");
  expect(refusal(again)).toEqual({ state: "refused", code: "wrong-peer", by: "us" });
  expect(described(again).targets[0]?.reason).toContain("key");
  expect([...again.opened, ...imposter.opened]).toEqual([]);
  await shutDown(again, imposter);
});

test("a stranger's key is not pinned", async () => {
  const kept: string[] = [];
  const pins: KeyPins = { get: () => undefined, put: (address) => void kept.push(address) };
  await refused(end({ pins, secrets: [other] }), end());
  expect(kept).toEqual([]);
});

test("an invite links to its peer, and to no other key at its address", async () => {
  for (const isRight of ["yes", "no"]) {
    const [left, right] = [end(), end()];
    const address = await listenAny(right);
    const peer = isRight === "yes" ? right.links.self : (toHex(nodeRandom.bytes(32)) as PeerId);
    const invite = decodeInvite(encodeInvite({ addresses: [address], network: "tests", secret, peer }));
    if (isMalformed(invite)) throw new Error(invite.reason);
    for (const each of invite.addresses) left.links.join({ ...each, peer: invite.peer });
    await until(() => (isRight === "yes" ? left.opened.length > 0 : refusal(left).state === "refused"));
    if (isRight === "no") expect(refusal(left).code).toBe("wrong-peer");
    await shutDown(left, right);
  }
});

test("a peer does not link to itself, nor to a copy of it, and does not try again", async () => {
  const signer = new Ed25519Signer(nodeRandom.bytes(32));
  const quick = { retryFirstMs: 1, retryMsMax: 1 };
  const [left, copy] = [end({ signer, limits: quick }), end({ signer, limits: patient })];
  for (const at of [left, copy]) {
    const address = await listenAny(at);
    left.links.join(address);
    await until(() => described(left).targets[0]?.state === "refused");
    expect(described(left).targets[0]).toMatchObject({ code: "self", nextTryMs: null });
    left.links.leave(address);
  }
  expect([...left.opened, ...copy.opened]).toEqual([]);
  await shutDown(left, copy);
});
