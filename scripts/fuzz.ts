// Puts random and mutated bytes through every decoder: a value or Malformed, never a throw, and never more memory than
// the bytes given account for.
//   npm run test:fuzz -- --runs 1000000 --seed 7 [name of a decoder …]
import { parseArgs } from "node:util";
import { isMalformed, LineReader, Malformed } from "@sinter/core";
import { type DecoderUnderTest, decoders, fuzzDecoder } from "../packages/core/src/feed/rig/decoders.suite.js";
import { heardIn } from "../packages/core/src/protocol/frame.js";
import type { Mounted } from "../packages/core/src/protocol/mount.js";
import * as control from "../packages/sinter/src/control/messages.js";

/** A decoder may make this many bytes for each one given, and so many for any input: children of a trie's node, a lane's
 * dictionary, the text of an error. */
const BYTES_EACH = 32;
const BYTES_BESIDES = 8 * 1024;
/** What a decoder may leave behind after all its runs, measured after a collection. */
const BYTES_KEPT = 8 * 1024 * 1024;
const POINTER_BYTES = 8;

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const base64 = Buffer.alloc(40, 7).toString("base64");
const wireEvent = { author: "aa", epoch: 1, seq: 3, id: "bb", stamp: [5, 0], kind: 128, codec: "raw", key: "aw==", payload: base64 };

/** Two protocols on one link; the second one's messages are proofs. */
const mounts = [200, 7].map((tag) => ({
  mount: { protocol: { name: `toy ${tag}`, tag, codec: { decode: decoderOf("proof").decode }, classOf: () => "bulk" } },
})) as unknown as readonly Mounted[];

const others: readonly DecoderUnderTest[] = [
  { name: "frame", decode: frame, sample: () => Uint8Array.of(7, ...decoderOf("proof").sample()) },
  { name: "lines of a socket", decode: lines, sample: () => new TextEncoder().encode("one\ntwo\n\nthree") },
  { name: "control: hello", decode: control.parseClientLine, sample: () => text({ say: "hello", version: 1 }) },
  {
    name: "control: append",
    decode: clientLine,
    sample: () =>
      text({ say: "call", id: 4, call: "append", subject: "a/b", events: [{ payload: base64, kind: 128, codec: "raw", key: "aw==" }] }),
  },
  {
    name: "control: events",
    decode: clientLine,
    sample: () => text({ say: "call", id: 4, call: "events", subject: "a", from: [1, 0], follow: true }),
  },
  {
    name: "control: prove",
    decode: clientLine,
    sample: () => text({ say: "call", id: 4, call: "prove", subject: "a", author: "aa", seq: 3, epoch: 1, nonce: "07", payload: "hash" }),
  },
  {
    name: "control: export",
    decode: clientLine,
    sample: () => text({ say: "call", id: 4, call: "export", subject: "a/b", dir: "/tmp/x" }),
  },
  { name: "control: import", decode: clientLine, sample: () => text({ say: "call", id: 4, call: "import", from: "/tmp/x" }) },
  { name: "control: batch", decode: serverLine, sample: () => text({ say: "batch", id: 4, events: [wireEvent, wireEvent] }) },
  { name: "control: failed", decode: serverLine, sample: () => text({ say: "failed", id: 1, code: "busy", message: "m", fix: "f" }) },
  {
    name: "control: receipt",
    decode: serverLine,
    sample: () =>
      text({ say: "done", id: 1, result: { author: "aa", epoch: 0, count: 1, runs: [[3, 1]], ids: Buffer.alloc(32).toString("base64") } }),
  },
];

function decoderOf(name: string): DecoderUnderTest {
  const found = decoders.find((decoder) => decoder.name === name);
  if (found === undefined) throw new Error(`decoders.suite.ts has no ${name}`);
  return found;
}

/** `heardIn` turns what a decoder throws into Malformed, for the link's sake: here it is what is looked for. */
function frame(bytes: Uint8Array): unknown {
  const heard = heardIn(mounts, bytes, "bulk");
  if (isMalformed(heard) && heard.reason.includes("its decoder failed")) throw new Error(heard.reason);
  return heard;
}

/** In two chunks, as a socket may bring them; a line of more than 16 bytes is one too many. */
function lines(bytes: Uint8Array): unknown {
  const reader = new LineReader(16);
  const half = bytes.length >> 1;
  const first = reader.push(bytes.subarray(0, half));
  return isMalformed(first) ? first : reader.push(bytes.subarray(half));
}

function clientLine(bytes: Uint8Array): unknown {
  const line = control.parseClientLine(bytes);
  if (isMalformed(line) || line.say !== "call" || line.call !== "append") return line;
  return firstMalformed(line.events.map(control.newEventFromWire)) ?? line;
}

function serverLine(bytes: Uint8Array): unknown {
  const line = control.parseServerLine(bytes);
  if (isMalformed(line)) return line;
  if (line.say === "batch") return firstMalformed(line.events.map(control.eventFromWire)) ?? line;
  if (line.say !== "done") return line;
  return control.isWireReceipt(line.result) ? control.receiptFromWire(line.result) : new Malformed("a receipt expected");
}

function firstMalformed(values: readonly unknown[]): Malformed | undefined {
  return values.find((value) => value instanceof Malformed);
}

// --- memory ---

/** Bytes asked for by constructors since the meter was last set to 0: also those that are garbage by now. */
let asked = 0;

type Made = readonly [first?: unknown, ...rest: readonly unknown[]];

/** Counts what `new Name(length)` reserves. Views of bytes that exist already reserve nothing. */
function metered<C extends abstract new (...given: never[]) => object>(made: C, bytesEach: number): C {
  return new Proxy(made, {
    construct(target, given: Made, newTarget) {
      const [length] = given;
      if (typeof length === "number") asked += length * bytesEach;
      return Reflect.construct(target, given, newTarget);
    },
  });
}

function meterAllocations(): void {
  globalThis.Array = metered(Array, POINTER_BYTES);
  globalThis.ArrayBuffer = metered(ArrayBuffer, 1);
  globalThis.Uint8Array = metered(Uint8Array, 1);
  globalThis.Uint16Array = metered(Uint16Array, 2);
  globalThis.Uint32Array = metered(Uint32Array, 4);
  globalThis.Float64Array = metered(Float64Array, 8);
}

/** The decoder with a meter around it: too much for its input is a throw, which comes out with the input. */
function watched(decoder: DecoderUnderTest, most: { bytesEach: number }): DecoderUnderTest {
  const decode = (bytes: Uint8Array): unknown => {
    asked = 0;
    const value = decoder.decode(bytes);
    const made = asked + sizeOf(value, bytes.buffer, 0);
    if (made > BYTES_BESIDES + BYTES_EACH * bytes.length) throw new Error(`${made} bytes made from ${bytes.length}`);
    most.bytesEach = Math.max(most.bytesEach, made / Math.max(64, bytes.length));
    return value;
  };
  return { ...decoder, decode };
}

const DEEPEST = 8;

/** What a value holds besides views of its input, roughly. */
function sizeOf(value: unknown, input: ArrayBufferLike, depth: number): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null || depth > DEEPEST) return POINTER_BYTES;
  if (ArrayBuffer.isView(value)) return value.buffer === input ? POINTER_BYTES : value.byteLength;
  let size = 2 * POINTER_BYTES;
  for (const each of Array.isArray(value) ? value : Object.values(value)) size += sizeOf(each, input, depth + 1);
  return size;
}

function heldBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// --- the run ---

const { values: options, positionals: names } = parseArgs({
  options: { runs: { type: "string", default: "20000" }, seed: { type: "string", default: String(Date.now() % 2 ** 31) } },
  allowPositionals: true,
});
const [runs, seed] = [Number(options.runs), Number(options.seed)];
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) throw new RangeError("--runs and --seed are whole numbers");
const chosen = [...decoders, ...others].filter(({ name }) => names.length === 0 || names.includes(name));
console.log(`fuzz: ${runs} inputs for each of ${chosen.length} decoders, seed ${seed}`);
if (globalThis.gc === undefined) console.log("without --expose-gc what decoders leave behind is not measured");
meterAllocations();

let failed = 0;
for (const decoder of chosen) {
  const most = { bytesEach: 0 };
  const before = heldBytes();
  try {
    const { values, malformed } = fuzzDecoder(watched(decoder, most), { runs, seed });
    const kept = globalThis.gc === undefined ? 0 : heldBytes() - before;
    if (kept > BYTES_KEPT) throw new Error(`${decoder.name} left ${kept} bytes behind after ${runs} inputs`);
    const counts = `${values} values, ${malformed} malformed`;
    console.log(`  ${decoder.name.padEnd(28)} ${counts.padEnd(40)} at most ${most.bytesEach.toFixed(1)} bytes made a byte`);
  } catch (error) {
    failed++;
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    console.error(`  ${decoder.name} FAILED: ${error instanceof Error ? error.message : String(error)}${cause}`);
    console.error(`    npm run test:fuzz -- --runs ${runs} --seed ${seed} "${decoder.name}"`);
  }
}
console.log(`fuzz: ${runs} inputs a decoder, seed ${seed}`);
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
