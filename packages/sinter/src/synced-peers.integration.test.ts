import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orSet, type Peer, pnCounter, text } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type OpenOptions, open } from "./open.js";

// Peers as applications open them, each with a store of its own, linked over loopback.

let dir: string;
const open_: Peer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "synced-"));
});

afterEach(async () => {
  for (const peer of open_.splice(0)) await peer.close();
  rmSync(dir, { recursive: true });
});

async function peer(name: string, options: Omit<OpenOptions, "dir"> = {}): Promise<Peer> {
  const opened = await open({ dir: join(dir, name), control: "none", signatures: "ed25519", ...options });
  open_.push(opened);
  return opened;
}

const first = (options: Omit<OpenOptions, "dir"> = {}) => peer("first", { invite: "new", listen: ["127.0.0.1:0"], ...options });

async function sameRoot(...peers: readonly Peer[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const roots = await Promise.all(peers.map(async (each) => (await each.status()).root));
      expect(new Set(roots).size).toBe(1);
    },
    { timeout: 20_000 },
  );
}

const payload = (said: string) => ({ payload: new TextEncoder().encode(said) });

test("what one writes the other has a moment later, in both directions, without a word from anybody", async () => {
  const one = await first();
  const other = await peer("other", { invite: await one.invite() });
  const votes = await one.subject("team/votes", pnCounter());
  const theirs = await other.subject("team/votes", pnCounter());
  const write = votes.increment(2);
  await write.reached(1);
  await vi.waitFor(() => expect(theirs.value).toBe(2), { timeout: 20_000 });
  await theirs.increment(3);
  await vi.waitFor(() => expect(votes.value).toBe(5), { timeout: 20_000 });
  await sameRoot(one, other);
  // Each is to hear that the other holds it.
  const linked = async () => expect((await one.status()).links).toMatchObject([{ peer: other.id, state: "in sync", behind: 0 }]);
  await vi.waitFor(linked, { timeout: 20_000 });
});

test("three in a line of which the ends never meet hold the same", async () => {
  const middle = await first();
  const invite = await middle.invite();
  const left = await peer("left", { invite });
  const right = await peer("right", { invite });
  await left.append("team/log", [payload("from the left")]);
  const tags = await right.subject("team/tags", orSet(text));
  await tags.add("from the right");
  await sameRoot(left, middle, right);
  expect((await left.status()).links).toHaveLength(1);
  const events = [];
  for await (const event of right.events("team/log")) events.push(new TextDecoder().decode(event.payload));
  expect(events).toEqual(["from the left"]);
});

test("T27 sync exchanges once and says what went each way; a peer that is known by its id needs no address", async () => {
  const one = await first();
  for (let at = 0; at < 50; at++) await one.append("team/log", [payload(`${at}`)]);
  const invite = await one.invite();
  const other = await peer("other", { join: [], invite });
  await other.append("team/notes", [payload("mine")]);
  const report = await other.sync(invite);
  expect(report).toMatchObject({ peer: one.id, converged: true });
  expect(report.bytesIn).toBeGreaterThan(0);
  await sameRoot(one, other);
  expect(await other.sync(one.id)).toMatchObject({ converged: true, sent: 0, received: 0 });
});

test("a wrong secret, an address where nobody is, an invite to another network: each is told, with what to do", async () => {
  const one = await first({ sync: { heartbeatMs: 100 } });
  const invite = await one.invite();
  const stranger = await peer("stranger", { network: one.network, secret: "another secret altogether" });
  const { address } = JSON.parse(JSON.stringify({ address: portOf(invite) })) as { address: string };
  await expect(stranger.sync(address)).rejects.toMatchObject({
    code: "permission",
    fix: "See that both have the same network and secret, or use an invite.",
  });
  await expect(stranger.sync("127.0.0.1:1")).rejects.toMatchObject({ code: "not-found" });
  await expect(peer("third", { network: "elsewhere", invite })).rejects.toMatchObject({ code: "wrong-store" });
  expect((await one.status()).links.filter(({ state }) => state === "in sync")).toEqual([]);
});

/** HOST:PORT of an invite's first address. */
function portOf(invite: string): string {
  const bytes = Buffer.from(invite.slice("sinter1.".length), "base64url");
  return bytes.subarray(2, 2 + (bytes[1] as number)).toString();
}

test("a store keeps the secret that was made for it, where only its user reads it, and goes on with it", async () => {
  const one = await first();
  const other = await peer("other", { invite: await one.invite() });
  await one.append("team/log", [payload("before")]);
  await sameRoot(one, other);
  await one.close();
  const file = join(dir, "first", "links.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ format: 1, secrets: [expect.any(String)] });
  const again = await peer("first", { join: [], listen: ["127.0.0.1:0"] });
  await again.append("team/log", [payload("after")]);
  // By the exchange, or pushed before it began.
  expect(await other.sync(await again.invite())).toMatchObject({ converged: true });
  await sameRoot(again, other);
});

test("a store joins whom it joined before, until it is told otherwise", async () => {
  const one = await first();
  const invite = await one.invite();
  await (await peer("other", { join: [invite] })).close();
  const again = await peer("other", { join: "as before" });
  await one.append("team/log", [payload("later")]);
  await sameRoot(one, again);
  // To meet somebody once is not to forget the others.
  await again.sync(invite);
  await again.close();
  await (await peer("other", { invite })).close();
  const alone = await peer("other", { join: [] });
  expect((await alone.status()).links).toEqual([]);
  await alone.close();
  const still = await peer("other", { join: "as before" });
  expect((await still.status()).links).toEqual([]);
});

test("a network without a secret stays on this machine", async () => {
  const options = { network: "an open network", control: "none" } as const;
  await expect(peer("wide", { ...options, listen: ["0.0.0.0:0"] })).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("without a secret"),
  });
  const one = await peer("one", { ...options, listen: ["127.0.0.1:0"] });
  const other = await peer("other", { ...options, join: [portOf(await one.invite())] });
  await one.append("team/log", [payload("open")]);
  await sameRoot(one, other);
});

test("who wants one space is sent no other", async () => {
  const one = await first();
  const other = await peer("other", { invite: await one.invite(), spaces: ["team/alpha"] });
  await one.append("team/alpha/notes", [payload("wanted")]);
  await one.append("team/beta/notes", [payload("not wanted")]);
  await vi.waitFor(async () => expect((await other.feeds()).map(({ subject }) => subject)).toEqual(["team/alpha/notes"]), {
    timeout: 20_000,
  });
  expect(await other.sync(one.id)).toMatchObject({ converged: true });
  expect((await other.feeds()).map(({ subject }) => subject)).toEqual(["team/alpha/notes"]);
});

test("a call that is wrong leaves nothing behind", async () => {
  const wrong: readonly Omit<OpenOptions, "dir">[] = [
    { listen: ["300.1.1.1:99999"] },
    { network: "an open network", listen: ["0.0.0.0:0"] },
    { listen: [], sync: { heartbeatMs: 0 } },
    { listen: [], secret: "short" },
    { join: ["nonsense"] },
  ];
  for (const options of wrong) {
    await expect(peer("wrong", options)).rejects.toMatchObject({ code: "usage" });
    expect(existsSync(join(dir, "wrong"))).toBe(false);
  }
});
