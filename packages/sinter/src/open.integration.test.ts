import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Malformed, type Mount, type TraceLine, type Transport, type Vocabulary } from "@sinter/core";
import { expect, test } from "vitest";
import { connectControl } from "./control/client.js";
import { keyFileName } from "./key-file.js";
import { open } from "./open.js";
import { freshDir, opened, read, readTexts, refusalOf, texts, withPeer } from "./open-stores.suite.js";
import { dataFileName, holderFileName } from "./store-lock.js";

const subject = "team/notes";

test("the first open makes the store, an identity that is its owner's alone, and a network", async () => {
  const dir = freshDir();
  const peer = await open({ dir });
  expect(statSync(join(dir, keyFileName)).mode & 0o777).toBe(0o600);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  const status = await peer.status();
  expect(status).toMatchObject({
    peer: expect.stringMatching(/^[0-9a-f]{64}$/),
    author: expect.stringMatching(/^[0-9a-f]{64}$/),
    subjects: [],
  });
  expect(status.network).toMatch(/^net-[0-9a-f]{16}$/);
  expect(status.peer).not.toBe(status.author);
  await peer.close();
  const other = await open({ dir: freshDir() });
  expect((await other.status()).network).not.toBe(status.network);
  await other.close();
});

test("the same store opened again: the same author, peer and network, the lanes go on", async () => {
  const dir = freshDir();
  const before = await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("one", "two"));
    return { status: await peer.status(), feeds: await peer.feeds() };
  });
  const keys = readFileSync(join(dir, keyFileName), "utf8");
  // Given by name or not: the store knows its network.
  const peer = await open({ dir });
  expect({ status: await peer.status(), feeds: await peer.feeds() }).toEqual(before);
  const receipt = await peer.append(subject, texts("three"));
  expect([receipt.epoch, receipt.seq(0)]).toEqual([0, 3]);
  expect((await peer.feeds()).map(({ nonce }) => nonce)).toEqual(before.feeds.map(({ nonce }) => nonce));
  expect(await readTexts(peer, subject)).toEqual(["one", "two", "three"]);
  expect(await peer.audit()).toMatchObject({ ok: true, events: 3, feeds: 1 });
  await peer.close();
  expect(readFileSync(join(dir, keyFileName), "utf8")).toBe(keys);
});

test("no secret is in what travels, is shown or is logged", async () => {
  const dir = freshDir();
  const lines: TraceLine[] = [];
  const peer = await opened(dir, { trace: (line) => lines.push(line) });
  await peer.append(subject, texts("x"));
  const seeds = [...readFileSync(join(dir, keyFileName), "utf8").matchAll(/"seed": "(.+)"/g)].map(([, seed]) => seed as string);
  const shown = JSON.stringify([
    await peer.status(),
    await peer.feeds(),
    await peer.describe(),
    lines.map(({ protocol, input, effects }) => [protocol, input, effects]),
  ]);
  expect(seeds.length).toBe(2);
  for (const seed of seeds) {
    expect(shown).not.toContain(seed);
    expect(shown).not.toContain(Buffer.from(seed, "base64url").toString("hex"));
  }
});

test("whoever holds the store serves it to others on this machine, until it is closed", async () => {
  const dir = freshDir();
  const peer = await open({ dir, network: "test", holder: { kind: "command", what: "a test" } });
  expect(readdirSync(dir).sort()).toEqual(["control.sock", holderFileName, keyFileName, dataFileName, `${dataFileName}-lock`].sort());
  expect(statSync(join(dir, "control.sock")).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(dir, holderFileName), "utf8"))).toMatchObject({ pid: process.pid, what: "a test" });
  const client = await connectControl({ dir });
  expect(client?.holder).toEqual({ pid: process.pid, kind: "command" });
  const receipt = await client?.append(subject, texts("from outside"));
  expect(receipt?.id(0)).toBe((await read(peer, subject))[0]?.id);
  expect(await client?.status()).toEqual(await peer.status());
  await peer.close();
  await client?.lost;
  expect(readdirSync(dir).sort()).toEqual([keyFileName, dataFileName, `${dataFileName}-lock`].sort());
  expect(await connectControl({ dir })).toBe(undefined);
  expect(await withPeer(dir, (next) => readTexts(next, subject))).toEqual(["from outside"]);
});

test("control none leaves no socket", async () => {
  const dir = freshDir();
  const peer = await opened(dir, { control: "none" });
  expect(existsSync(join(dir, "control.sock"))).toBe(false);
  expect(await connectControl({ dir })).toBe(undefined);
  expect((await refusalOf(open({ dir }))).code).toBe("in-use");
  await peer.close();
});

test("a reserve larger than the disk: appends answer disk-full, reads go on", async () => {
  const dir = freshDir();
  await withPeer(dir, (peer) => peer.append(subject, texts("kept")));
  const peer = await opened(dir, { reserveBytes: Number.MAX_SAFE_INTEGER });
  for (let tries = 0; tries < 3; tries++) expect((await refusalOf(peer.append(subject, texts("more")))).code).toBe("disk-full");
  expect(await readTexts(peer, subject)).toEqual(["kept"]);
  expect(await peer.status()).toMatchObject({ disk: "full", subjects: [{ path: subject, events: 1 }] });
  expect((await peer.audit()).ok).toBe(true);
  await peer.close();
  expect((await withPeer(dir, (next) => next.append(subject, texts("more")))).seq(0)).toBe(2);
});

test("trace is told of each step", async () => {
  const lines: TraceLine[] = [];
  const peer = await opened(freshDir(), { trace: (line) => lines.push(line) });
  await peer.append(subject, texts("x"));
  const of = (protocol: string, kind: string) =>
    lines.filter((line) => line.protocol === protocol && (line.input as { readonly kind: string }).kind === kind);
  expect(of("feed", "started").length).toBe(1);
  expect(of("frontier", "started").length).toBe(1);
  expect(of("feed", "commanded")[0]).toMatchObject({ input: { command: { kind: "append", path: subject } } });
  expect(of("feed", "closing").some(({ effects }) => effects.length > 1)).toBe(true);
  expect(lines.every((line, index) => index === 0 || line.turn >= (lines[index - 1]?.turn ?? 0))).toBe(true);
});

interface GreeterVocabulary extends Vocabulary {
  Message: never;
  Command: never;
  Notice: { readonly kind: "hello" };
  Timer: "again";
  Write: never;
  View: undefined;
  Job: string;
  Result: never;
}

/** A core of the application's. It greets when it starts, when its timer says so, and when its job has come to nothing. */
function greeter(told: (what: string) => void, start: () => void = () => undefined): Mount<GreeterVocabulary> {
  return {
    protocol: {
      name: "greeter",
      tag: 100,
      closesTurns: false,
      create: () => ({
        step: (input) => {
          if (input.kind === "started") start();
          if (input.kind === "started")
            return [
              { kind: "notify", notice: { kind: "hello" } },
              { kind: "schedule", timer: "again", delayMs: 1 },
            ];
          if (input.kind === "expired") return [{ kind: "compute", job: "work" }];
          return input.kind === "computed" ? [{ kind: "notify", notice: { kind: "hello" } }] : [];
        },
        describe: () => "greeting",
      }),
      codec: { encode: (message) => message, decode: () => new Malformed("a greeter has no messages") },
      classOf: () => "control",
      costOf: () => 1,
      open: () => ({ view: undefined, apply: () => undefined }),
    },
    notify: ({ kind }) => told(kind),
    dropped: () => undefined,
  };
}

test("cores and links of the application's run on the same driver", async () => {
  let twice: () => void = () => undefined;
  const greeted = new Promise<void>((resolve) => {
    twice = resolve;
  });
  const told: string[] = [];
  const links: string[] = [];
  const transport: Transport = {
    listen: () => links.push("listen"),
    send: () => undefined,
    credit: () => undefined,
    close: () => undefined,
  };
  const peer = await opened(freshDir(), { transport, mounts: [greeter((what) => void (told.push(what) === 2 && twice()))] });
  await greeted;
  expect([told, links]).toEqual([["hello", "hello"], ["listen"]]);
  expect(await peer.describe()).toMatchObject({ state: "running", cores: { greeter: "greeting" } });
  expect((await peer.append(subject, texts("x"))).seq(0)).toBe(1);
});

test("a core that cannot start fails the open, and leaves nothing held", async () => {
  const dir = freshDir();
  const cannot = () => {
    throw new Error("no greetings today");
  };
  const error = await refusalOf(open({ dir, network: "test", mounts: [greeter(() => undefined, cannot)] }));
  expect([error.code, error.message]).toEqual(["stopped", expect.stringContaining("no greetings today")]);
  expect(existsSync(join(dir, "control.sock"))).toBe(false);
  await expect(open({ dir, mounts: [greeter(() => undefined), greeter(() => undefined)] })).rejects.toThrow("tag 100");
  expect((await withPeer(dir, (peer) => peer.append(subject, texts("x")))).seq(0)).toBe(1);
});

test("await using closes", async () => {
  const dir = freshDir();
  {
    await using peer = await open({ dir, network: "test" });
    await peer.append(subject, texts("x"));
  }
  expect(await withPeer(dir, (peer) => readTexts(peer, subject))).toEqual(["x"]);
});
