// Writes packages/sinter/fixtures/golden/v1/: a small store of every kind of thing, and expected.json with what it holds.
//   node scripts/run.mjs scripts/make-golden.ts
// Made once a format version and then kept: that later versions read the file is what it is for.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent, Peer } from "@sinter/core";
import { keyFileName, open } from "sinter";
import { contentsOf, copyStore, expectedFileName, goldenDir } from "../packages/sinter/src/golden-store.suite.js";

const NETWORK = "golden";
const LARGE_BYTES = 20_000;
/** More than the events between two full causal deltas, some groups of 64, and more bytes than a block holds. */
const MANY = 270;
const LINE_CHARS = 60;

// Known to everybody: this author has no secrets. Stamps are of early 2026, so that no machine finds them in its future.
let wallMs = Date.UTC(2026, 0, 2);
Date.now = () => wallMs++;
const seed = (byte: number) => Buffer.alloc(32, byte).toString("base64url");
const key = (byte: number) => ({ type: "ed25519", seed: seed(byte) });
const keys = { format: 1, secret: "none: these are keys for tests", author: key(0x11), peer: key(0x22) };

/** One event a line: a change of the format is seen in the difference. */
const inLines = (value: unknown): string =>
  [/\[[^[\]{}]*\]/g, /\{[^{}]*\}/g].reduce(
    (json, flat) => json.replace(flat, (all) => all.replace(/\n */g, " ")),
    JSON.stringify(value, null, 1),
  );

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

function counted(from: number, count: number): NewEvent[] {
  return Array.from({ length: count }, (_, index) => ({ payload: text(`event ${from + index} `.padEnd(LINE_CHARS, ".")) }));
}

async function firstLife(peer: Peer): Promise<void> {
  await peer.append("log", counted(0, 1));
  await peer.append("log", counted(1, MANY - 1));
  await peer.append("workspace/alpha/object/votes", [
    { payload: text('{"add":1}'), codec: "json", kind: 33 },
    { payload: Uint8Array.of(0xa1, 0x61, 0x61, 0x01), codec: "cbor", key: text("dark-mode") },
    { payload: new Uint8Array(0), kind: 255 },
  ]);
  await peer.append("workspace/alpha/large", [
    { payload: text("before") },
    { payload: Uint8Array.from({ length: LARGE_BYTES }, (_, index) => index % 251) },
    { payload: text("behind") },
  ]);
  // Lanes that one seal covers together.
  await Promise.all(["a", "b", "c"].map((name) => peer.append(`workspace/beta/ä/${name}`, counted(0, 2))));
}

/** In a copy, so in epochs of its own. */
async function secondLife(peer: Peer): Promise<void> {
  await peer.append("log", counted(MANY, 5));
  await peer.append("workspace/beta/ä/a", counted(2, 1));
  await peer.append("only/later", [{ payload: text("new"), key: new Uint8Array(200).fill(7), codec: "protobuf" }]);
}

async function live<T>(dir: string, work: (peer: Peer) => Promise<T>): Promise<T> {
  const peer = await open({ dir, network: NETWORK, control: "none" });
  try {
    return await work(peer);
  } finally {
    await peer.close();
  }
}

const scratch = mkdtempSync(join(tmpdir(), "sinter-golden-"));
try {
  const [first, second] = [join(scratch, "first"), join(scratch, "second")];
  mkdirSync(first);
  writeFileSync(join(first, keyFileName), `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  await live(first, firstLife);
  copyStore(first, second);
  const contents = await live(second, async (peer) => {
    await secondLife(peer);
    return await contentsOf(peer);
  });
  copyStore(second, goldenDir);
  chmodSync(join(goldenDir, keyFileName), 0o644);
  const about = { generator: "scripts/make-golden.ts", format: 1 };
  writeFileSync(join(goldenDir, expectedFileName), `${inLines({ about, contents })}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
