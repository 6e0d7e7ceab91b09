import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { isMalformed } from "../../bytes/malformed.js";
import { createHasher } from "../../identity/blake3-hasher.js";
import { asId, type LaneId } from "../../identity/ids.js";
import { instantiate } from "../../identity/web-assembly.suite.js";
import { BlockBuilder, type BlockView, checkBlock } from "./block.js";
import { idsOfBlock } from "./block-ids.js";
import { decodeControl, encodeControl } from "./control.js";
import {
  causalAt,
  checkEvent,
  codecAt,
  decodeRedaction,
  type EventParts,
  encodeRedaction,
  headLengthAt,
  keyAt,
  keyEpochAt,
  kindAt,
  originAt,
  payloadAt,
  stampAt,
  writeEvent,
} from "./event.js";
import { decodeLens, encodeLens } from "./lens-payload.js";
import { relaidBlock } from "./relaid-block.js";

interface Parts {
  readonly kind: number;
  readonly codec: number;
  readonly stamp: readonly [wallMs: number, counter: number];
  readonly payload: string;
  readonly key?: string;
  readonly causal?: string;
  readonly origin?: {
    readonly epoch: { readonly index: number; readonly nonce: string };
    readonly seq: number;
    readonly stamp: readonly [wallMs: number, counter: number];
    readonly id: string;
  };
  readonly keyEpoch?: number;
}
interface EventVector {
  readonly seq: number;
  readonly parts: Parts;
  readonly headLength: number;
  readonly bytes: string;
  readonly previous: string;
  readonly payloadHash: string;
  readonly id: string;
}
interface Vectors {
  readonly lane: string;
  readonly events: readonly EventVector[];
  readonly blocks: readonly BlockVector[];
  readonly withoutPayloads: readonly (BlockVector & { readonly absent: readonly number[] })[];
  readonly redaction: {
    readonly epoch: { readonly index: number; readonly nonce: string };
    readonly seq: number;
    readonly id: string;
    readonly payload: string;
  };
  readonly lens: { readonly name: string; readonly version: number; readonly digest: string; readonly payload: string };
  readonly control: { readonly kind: number; readonly data: string; readonly payload: string };
}
interface BlockVector {
  readonly firstSeq: number;
  readonly count: number;
  readonly bytes: string;
}

const vectors = JSON.parse(readFileSync(new URL("../../../../../vectors/events.json", import.meta.url), "utf8")) as Vectors;
const hasher = createHasher(instantiate);
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const stampOf = ([wallMs, counter]: readonly [number, number]) => ({ wallMs, counter });
const lane = asId<LaneId>(bytesOf(vectors.lane));

function partsOf({ kind, codec, stamp, payload, key, causal, origin, keyEpoch }: Parts): EventParts {
  return {
    kind,
    codec,
    stamp: stampOf(stamp),
    payload: bytesOf(payload),
    key: key === undefined ? undefined : bytesOf(key),
    causal: causal === undefined ? undefined : bytesOf(causal),
    origin: origin && {
      epoch: { index: origin.epoch.index, nonce: bytesOf(origin.epoch.nonce) },
      seq: origin.seq,
      stamp: stampOf(origin.stamp),
      id: bytesOf(origin.id),
    },
    keyEpoch,
  };
}

test("events are written as in events.json, byte by byte", () => {
  for (const { parts, bytes } of vectors.events) {
    const written = new Uint8Array(bytes.length / 2);
    expect(writeEvent(written, 0, partsOf(parts))).toBe(written.length);
    expect(toHex(written)).toBe(bytes);
  }
});

test("the bytes of events.json are read as what they say", () => {
  for (const { parts, bytes: hex, headLength } of vectors.events) {
    const bytes = bytesOf(hex);
    expect(checkEvent(bytes, 0, bytes.length)).toBe(bytes.length);
    expect(headLengthAt(bytes, 0)).toBe(headLength);
    expect({
      kind: kindAt(bytes, 0),
      codec: codecAt(bytes, 0),
      stamp: stampAt(bytes, 0),
      payload: payloadAt(bytes, 0),
      key: keyAt(bytes, 0),
      causal: causalAt(bytes, 0),
      origin: originAt(bytes, 0),
      keyEpoch: keyEpochAt(bytes, 0),
    }).toEqual(partsOf(parts));
  }
});

test("payload hashes and ids are those of events.json", () => {
  for (const { parts, payloadHash } of vectors.events) {
    expect(toHex(hasher.hash("sinter 1 payload", bytesOf(parts.payload)))).toBe(payloadHash);
  }
  const ids = vectors.blocks.map(({ bytes }) => toHex(idsOfBlock(hasher, lane, checkBlock(bytesOf(bytes)) as BlockView))).join("");
  expect(ids).toBe(vectors.events.map(({ id }) => id).join(""));
});

test("blocks are those of events.json", () => {
  for (const { firstSeq, count, bytes } of vectors.blocks) {
    const own = vectors.events.slice(firstSeq - 1, firstSeq - 1 + count);
    const builder = new BlockBuilder(firstSeq, bytesOf(own[0].previous));
    for (const { parts } of own) builder.add(partsOf(parts));
    expect(toHex(builder.finish())).toBe(bytes);
    const block = checkBlock(bytesOf(bytes));
    if (isMalformed(block)) throw new Error(block.reason);
    expect({ firstSeq: block.firstSeq, count: block.count, previous: toHex(block.previous) }).toEqual({
      firstSeq,
      count,
      previous: own[0].previous,
    });
  }
});

test("blocks without payloads are those of events.json, with the ids of the whole ones", () => {
  for (const { firstSeq, count, absent, bytes } of vectors.withoutPayloads) {
    const own = vectors.events.slice(firstSeq - 1, firstSeq - 1 + count);
    const whole = vectors.blocks.find((block) => block.firstSeq === firstSeq);
    const block = checkBlock(bytesOf(whole?.bytes ?? "")) as BlockView;
    const relaid = relaidBlock(hasher, block, (index) => (absent.includes(firstSeq + index) ? "absent" : undefined));
    expect(toHex(relaid)).toBe(bytes);
    const lacking = checkBlock(relaid) as BlockView;
    expect(lacking.absent).toEqual(absent.map((seq) => seq - firstSeq));
    expect(toHex(idsOfBlock(hasher, lane, lacking))).toBe(own.map(({ id }) => id).join(""));
  }
});

test("a redaction is that of events.json", () => {
  const { epoch, seq, id, payload } = vectors.redaction;
  const redaction = { epoch: { index: epoch.index, nonce: bytesOf(epoch.nonce) }, seq, id: bytesOf(id) };
  expect(toHex(encodeRedaction(redaction))).toBe(payload);
  expect(decodeRedaction(bytesOf(payload))).toEqual(redaction);
});

test("a lens is that of events.json, and so is what is said on the bus of control", () => {
  const { payload: named, ...rest } = vectors.lens;
  const lens = { ...rest, digest: bytesOf(rest.digest) };
  expect(toHex(encodeLens(lens))).toBe(named);
  expect(decodeLens(bytesOf(named))).toEqual(lens);
  const { kind, data, payload: said } = vectors.control;
  expect(toHex(encodeControl({ kind, data: bytesOf(data) }))).toBe(said);
  expect(decodeControl(bytesOf(said))).toEqual({ kind, data: bytesOf(data) });
  const payloads = vectors.events.map(({ parts }) => parts.payload);
  expect([payloads[4], payloads[7]]).toEqual([named, said]);
});
