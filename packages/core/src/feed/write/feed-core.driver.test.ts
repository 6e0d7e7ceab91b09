import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { encodeAuthorKeys } from "../../identity/author-keys.js";
import { authorOfKey, subjectId } from "../../identity/ids.js";
import { Driver } from "../../protocol/driver.js";
import { HandPorts } from "../../protocol/hand-ports.suite.js";
import type { Entry } from "../../protocol/key-space.js";
import type { Loss, Mount } from "../../protocol/mount.js";
import { authorKey, metaKey } from "../../store/keys.js";
import { encodeStoreRecord } from "../../store/records.js";
import { FeedView } from "../lane/feed-view.js";
import { audited } from "../rig/audited-store.suite.js";
import { hasher, laneIdOf, network, nonce, parts, pathOf, standInSigner, standInVerifier } from "../rig/feed-rig.suite.js";
import { naiveLane } from "../rig/naive-lane.suite.js";
import { feedProtocol } from "./feed-core.js";
import type { Appended, FeedNotice, FeedVocabulary } from "./feed-vocabulary.js";
import { type FrontierNotice, type FrontierVocabulary, frontierProtocol } from "./frontier-core.js";

// Both cores on the driver itself, its ports cranked by hand.

function commitAll({ store }: HandPorts, entries: readonly Entry[]): void {
  store.commit(entries, () => {});
  store.flush();
}

class Driven {
  readonly ports: HandPorts;
  readonly said: (FeedNotice | FrontierNotice)[] = [];
  readonly lost: (readonly [token: number, loss: Loss])[] = [];
  readonly signer = standInSigner(1);
  readonly author = authorOfKey(this.signer.publicKey);
  readonly feed: Mount<FeedVocabulary>;
  readonly frontier: Mount<FrontierVocabulary>;
  readonly driver: Driver;
  #token = 0;

  constructor(ports = new HandPorts()) {
    this.ports = ports;
    const { author, signer } = this;
    const instance = nonce(1);
    commitAll(ports, [
      [metaKey("store"), encodeStoreRecord({ network, networkName: "rig", author, instance, inode: 1n, birthNs: 1n })],
      [authorKey(author), encodeAuthorKeys({ suite: 1, ed25519: author })],
    ]);
    this.feed = {
      protocol: feedProtocol({ hasher, signer, verifier: standInVerifier, signatures: "ed25519", author, network }),
      notify: (notice) => void this.said.push(notice),
      dropped: ({ token }, loss) => void this.lost.push([token, loss]),
    };
    this.frontier = {
      protocol: frontierProtocol({ hasher, network }),
      notify: (notice) => void this.said.push(notice),
      dropped: (command, loss) => void (command.kind === "settle" && this.lost.push([command.token, loss])),
    };
    this.driver = new Driver({ mounts: [this.feed, this.frontier], ports, halted: (reason) => expect(reason).toBe("nothing") });
    this.driver.start();
    this.settle();
  }

  append(path: string, ...payloads: readonly string[]): number {
    const token = ++this.#token;
    this.driver.command(this.feed, { kind: "append", token, path: pathOf(path), events: payloads.map((payload) => parts(payload)) });
    return token;
  }

  askRoot(): number {
    const token = ++this.#token;
    this.driver.command(this.frontier, { kind: "settle", token });
    return token;
  }

  settle(): void {
    this.ports.scheduler.settle();
  }

  flush(): void {
    for (this.settle(); this.ports.store.commits.length > 0; this.settle()) this.ports.store.flush();
  }

  appended(token: number): Appended | undefined {
    return this.said.find((notice): notice is Appended => notice.kind === "appended" && notice.token === token);
  }

  payloads(path: string): string[] {
    const epoch = { index: 0, nonce: nonce(1) };
    const view = new FeedView(this.ports.store.keys);
    const number = view.laneNumber(subjectId(hasher, network, pathOf(path)), this.author, epoch);
    if (number === undefined) return [];
    return naiveLane(this.ports.store.keys, number, laneIdOf(this.author, path, epoch)).map(({ payload }) =>
      new TextDecoder().decode(payload),
    );
  }
}

test("nobody is told of an event, and no root holds it, before it is on disk", () => {
  const driven = new Driven();
  const token = driven.append("s", "one");
  driven.settle();
  expect(driven.appended(token)).toBeUndefined();
  driven.flush();
  expect(driven.appended(token)?.seqs.first).toBe(1);
  expect(driven.payloads("s")).toEqual(["one"]);
});

test("what waits together is one turn, one commit and one signature", () => {
  const driven = new Driven();
  const tokens = ["a", "b", "a", "c"].map((path, at) => driven.append(path, `${at}`));
  driven.settle();
  expect(driven.ports.store.commits.length).toBe(1);
  expect(driven.signer.signed.length).toBe(1);
  driven.flush();
  expect(tokens.map((token) => driven.appended(token)?.seqs.first)).toEqual([1, 1, 2, 1]);
  expect(driven.payloads("a")).toEqual(["0", "2"]);
});

test("turns in flight build on each other", () => {
  const driven = new Driven();
  const tokens = ["1", "2", "3"].map((payload) => {
    const token = driven.append("s", payload);
    driven.settle();
    return token;
  });
  expect(driven.ports.store.commits.length).toBe(3);
  driven.flush();
  expect(tokens.map((token) => driven.appended(token)?.seqs.first)).toEqual([1, 2, 3]);
  expect(driven.payloads("s")).toEqual(["1", "2", "3"]);
  expect(audited(driven.ports.store.keys).problems).toEqual([]);
});

test("where a commit fails, its appends are answered for and the lane goes on as if they had never been", () => {
  const driven = new Driven();
  driven.append("s", "1");
  driven.flush();
  const lost = [driven.append("s", "lost"), driven.append("t", "lost")];
  driven.settle();
  const behind = driven.append("s", "lost as well");
  driven.settle();
  driven.ports.store.fail();
  driven.settle();
  expect(driven.lost.map(([token]) => token)).toEqual([...lost, behind]);
  const token = driven.append("s", "2");
  driven.flush();
  expect(driven.appended(token)?.seqs.first).toBe(2);
  expect([driven.payloads("s"), driven.payloads("t")]).toEqual([["1", "2"], []]);
  expect(audited(driven.ports.store.keys).problems).toEqual([]);
});

test("a store that stops between a feed's commit and the trie's is caught up with when it starts again", () => {
  const driven = new Driven();
  driven.append("s", "1");
  driven.flush();
  const ports = new HandPorts();
  commitAll(ports, [...driven.ports.store.keys.range({ from: new Uint8Array(0), to: Uint8Array.of(0xff) })]);
  const next = new Driven(ports);
  expect(next.said).toContainEqual({ kind: "begun" });
  ports.clock.advance(1_000);
  next.flush();
  expect(next.said).toContainEqual({ kind: "clean" });
  expect(new FeedView(ports.store.keys).changedLanes(9)).toEqual([]);
  expect(new FeedView(ports.store.keys).frontier()?.rows).toBe(1);
  expect(audited(ports.store.keys).problems).toEqual([]);
});

test("a root that was asked for of cores that are made anew is asked for again by who hears that they begin", () => {
  const driven = new Driven();
  for (let at = 0; at < 200; at++) driven.append(`s/${at}`, "1");
  driven.flush();
  const token = driven.askRoot();
  driven.settle();
  const begun = () => driven.said.filter(({ kind }) => kind === "begun").length;
  // Both cores say so.
  expect(begun()).toBe(2);
  driven.ports.store.fail();
  driven.settle();
  expect(begun() + driven.lost.length).toBe(5);
  expect(driven.said.some((notice) => notice.kind === "settled" && notice.token === token)).toBe(false);
  const again = driven.askRoot();
  for (let round = 0; round < 20; round++) {
    driven.flush();
    driven.ports.clock.advance(300);
  }
  const settled = driven.said.find((notice) => notice.kind === "settled" && notice.token === again);
  expect(settled).toMatchObject({ rows: 200, root: new FeedView(driven.ports.store.keys).frontier()?.root });
  expect(toHex(new FeedView(driven.ports.store.keys).frontier()?.root as Uint8Array)).not.toBe("00".repeat(32));
});

test("a full disk refuses by itself, and appends go on by themselves", () => {
  const driven = new Driven();
  driven.append("s", "1");
  driven.flush();
  driven.ports.store.room = 0;
  const refused = driven.append("s", "no");
  driven.flush();
  expect(driven.said.at(-1)).toMatchObject({ kind: "refused", token: refused, code: "disk-full" });
  driven.ports.store.room = 1;
  const token = driven.append("s", "2");
  driven.flush();
  expect(driven.appended(token)?.seqs.first).toBe(2);
});
