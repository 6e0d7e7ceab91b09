import { expect, test } from "vitest";
import { hasher, network, parts, pathOf, standInSigner, standInVerifier } from "../feed/rig/feed-rig.suite.js";
import type { FeedCommand } from "../feed/write/feed-vocabulary.js";
import { type AuthorId, asId } from "../identity/ids.js";
import { FeedCalls } from "./feed-calls.js";
import { Pending } from "./pending.js";

test("what a view has folded and the lens it reads through reach the core as they are; without a view there is neither", async () => {
  const commands: FeedCommand[] = [];
  const calls = new FeedCalls({
    options: {
      hasher,
      network,
      signer: standInSigner(1),
      verifier: standInVerifier,
      signatures: "ed25519",
      author: asId<AuthorId>(standInSigner(1).publicKey),
    },
    pending: new Pending(),
    command: (command) => void commands.push(command),
    soon: (run) => run(),
    ended: () => undefined,
    isFlushed: () => false,
    changed: () => undefined,
    filled: () => undefined,
  });
  const observed = new Map([[3, 7]]);
  const lens = { name: "or-set(text)", version: 1, digest: new Uint8Array(32) };
  const told: string[] = [];
  const [path, events] = [pathOf("s"), [parts("x")]];
  const written = calls.append(path, events, { observed, lens, placed: () => told.push("placed") });
  const plain = calls.append(path, events);
  const answer = (token: number) =>
    calls.mount.notify({
      kind: "appended",
      token,
      path,
      lane: 4,
      epoch: 0,
      seqs: { first: 2, count: 1, each: undefined },
      ids: new Uint8Array(32),
    });
  const [first] = commands;
  expect(first).toEqual({ kind: "append", token: expect.any(Number), path, events, observed, lens });
  // That very object: the core does no work for one that it was given before.
  expect(first?.kind === "append" && first.observed).toBe(observed);
  answer(first?.token as number);
  expect([told, await written]).toEqual([["placed"], expect.objectContaining({ seqs: { first: 2, count: 1, each: undefined } })]);
  const second = commands[1];
  expect(second).toEqual({ kind: "append", token: expect.any(Number), path, events });
  answer(second?.token as number);
  await plain;
});
