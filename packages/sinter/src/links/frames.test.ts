import { frameBytesMax, isMalformed, linkGreetingBytesMax, linkReasonBytesMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FrameKind, FrameReader, frameHead, frameHeadBytes, frameKinds, u32In, u32Payload } from "./frames.js";

const all = Object.keys(frameKinds) as FrameKind[];
const frame = (kind: FrameKind, payload: Uint8Array): Uint8Array => Buffer.concat([frameHead(kind, payload.length), payload]);
const head = (kind: number, length: number): Uint8Array => {
  const bytes = Buffer.alloc(frameHeadBytes);
  bytes[0] = kind;
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

interface Read {
  readonly frames: [FrameKind, string][];
  readonly fault: string | undefined;
}

function read(chunks: readonly Uint8Array[], expected: readonly FrameKind[] = all): Read {
  const reader = new FrameReader(expected);
  const frames: [FrameKind, string][] = [];
  for (const chunk of chunks) {
    const fault = reader.push(chunk, (kind, payload) => {
      frames.push([kind, Buffer.from(payload).toString("hex")]);
      return "more";
    });
    if (fault !== undefined) return { frames, fault: fault.reason };
  }
  return { frames, fault: undefined };
}

const someFrame = fc.oneof(
  fc.record({ kind: fc.constantFrom<FrameKind>("control", "bulk"), payload: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constantFrom<FrameKind>("credit", "open"), payload: fc.nat().map(u32Payload) }),
  fc.record({ kind: fc.constant<FrameKind>("close"), payload: fc.uint8Array({ minLength: 1, maxLength: 50 }) }),
);

test("frames come out as they went in, however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(someFrame), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (frames, sizes) => {
      const bytes = Buffer.concat(frames.map(({ kind, payload }) => frame(kind, payload)));
      const chunks: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(read(chunks)).toEqual({
        frames: frames.map(({ kind, payload }) => [kind, Buffer.from(payload).toString("hex")]),
        fault: undefined,
      });
    }),
  );
});

test("any bytes are frames or malformed", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (chunks) => void read(chunks)));
});

test("the bytes of heads are these, for ever", () => {
  const heads = all.map((kind) => Buffer.from(frameHead(kind, 4)).toString("hex"));
  expect(heads).toEqual(["0100000004", "0200000004", "0300000004", "0400000004", "0500000004", "0600000004"]);
  expect(Buffer.from(frameHead("bulk", 0x010203)).toString("hex")).toBe("0400010203");
  expect(Buffer.from(u32Payload(0x01020304)).toString("hex")).toBe("01020304");
});

test("each kind has its bounds, and a head beyond them is found before its payload comes", () => {
  const bounds: readonly [FrameKind, number, number][] = [
    ["hello", 1, linkGreetingBytesMax],
    ["open", 4, 4],
    ["control", 0, frameBytesMax],
    ["bulk", 0, frameBytesMax],
    ["credit", 4, 4],
    ["close", 1, 1 + linkReasonBytesMax],
  ];
  for (const [kind, least, most] of bounds) {
    expect(read([head(frameKinds[kind], least)]).fault).toBe(undefined);
    expect(read([head(frameKinds[kind], most)]).fault).toBe(undefined);
    expect(read([head(frameKinds[kind], most + 1)]).fault).toContain(`${most + 1} bytes`);
    if (least > 0) expect(read([head(frameKinds[kind], least - 1)]).fault).toContain("bytes");
    expect(() => frameHead(kind, most + 1)).toThrow(RangeError);
  }
  for (const kind of [0, 7, 255]) expect(read([head(kind, 0)]).fault).toContain("kind");
});

test("what may not come now is malformed by its head", () => {
  expect(read([head(frameKinds.bulk, 10)], ["hello", "close"]).fault).toContain("may not come now");
  expect(read([frame("credit", u32Payload(1))], ["hello", "close"]).frames).toEqual([]);
});

test("no memory is held for what is announced and has not come", () => {
  const reader = new FrameReader(all);
  reader.push(head(frameKinds.bulk, frameBytesMax), () => "more");
  expect(reader.heldBytes).toBe(0);
  let came = 0;
  for (const size of [1, 10, 1_000, 16_384, 16_384, 100_000]) {
    reader.push(new Uint8Array(size), () => "more");
    came += size;
    expect(reader.heldBytes).toBeLessThanOrEqual(8 * came);
  }
  reader.push(new Uint8Array(frameBytesMax - came), (_kind, payload) => {
    expect([payload.length, payload.buffer.byteLength]).toEqual([frameBytesMax, frameBytesMax]);
    return "more";
  });
  expect(reader.heldBytes).toBe(0);
});

test("a frame handed on is no Buffer, whose slice would be no copy", () => {
  const reader = new FrameReader(all);
  const bytes = Buffer.from(frame("control", Uint8Array.of(1, 2)));
  reader.push(bytes, (_kind, payload) => {
    expect(Buffer.isBuffer(payload)).toBe(false);
    return "more";
  });
  expect(u32In(u32Payload(0xffff_fffe))).toBe(0xffff_fffe);
});

test("whoever says stop is told nothing more of that chunk", () => {
  const reader = new FrameReader(all);
  const kinds: FrameKind[] = [];
  const fault = reader.push(Buffer.concat([frame("control", Uint8Array.of(1)), head(99, 0)]), (kind) => {
    kinds.push(kind);
    return "stop";
  });
  expect([kinds, isMalformed(fault)]).toEqual([["control"], false]);
});

test("nothing of a chunk is kept: it may be written over at once", () => {
  const reader = new FrameReader(all);
  const kept: Uint8Array[] = [];
  const bytes = Buffer.concat([Uint8Array.of(1, 2), new Uint8Array(100).fill(3)].map((payload) => frame("bulk", payload)));
  const memory = new Uint8Array(30);
  for (let at = 0; at < bytes.length; at += memory.length) {
    const part = bytes.subarray(at, at + memory.length);
    memory.set(part);
    reader.push(memory.subarray(0, part.length), (_kind, payload) => {
      kept.push(payload);
      return "more";
    });
    memory.fill(9);
  }
  expect(kept.map((payload) => [payload.length, ...new Set(payload)])).toEqual([
    [2, 1, 2],
    [100, 3],
  ]);
});
