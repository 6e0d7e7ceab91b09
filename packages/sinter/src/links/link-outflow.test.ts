import { Writable } from "node:stream";
import { linkBulkBytesMax, linkHeldBytesMax, linkSocketBytesMax, linkSocketControlBytesMax } from "@sinter/core";
import { expect, test } from "vitest";
import { type FrameKind, FrameReader, frameHeadBytes, frameKinds, u32In } from "./frames.js";
import { LinkOutflow } from "./link-outflow.js";

/** A socket that takes only what it is told to. */
class Pipe extends Writable {
  readonly frames: [FrameKind, Uint8Array][] = [];
  writes = 0;
  readonly #reader = new FrameReader(Object.keys(frameKinds) as FrameKind[]);
  #written: (() => void)[] = [];

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes++;
    this.#written.push(() => {
      for (const { chunk } of chunks) {
        this.#reader.push(chunk, (kind, payload) => {
          this.frames.push([kind, payload.slice()]);
          return "more";
        });
      }
      done();
    });
  }

  /** Takes all that comes until nothing more does. */
  async drain(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#written.length > 0) {
      for (const take of this.#written.splice(0)) take();
      await new Promise(setImmediate);
    }
  }

  kinds(): FrameKind[] {
    return this.frames.map(([kind]) => kind);
  }
}

const piece = 64 * 1024;

function made(): { pipe: Pipe; outflow: LinkOutflow } {
  const pipe = new Pipe();
  return { pipe, outflow: new LinkOutflow(pipe) };
}

test("what is said in one tick is one write", async () => {
  const { pipe, outflow } = made();
  for (let index = 0; index < 10; index++) outflow.control(Uint8Array.of(index));
  outflow.credit(5);
  outflow.credit(6);
  await pipe.drain();
  expect(pipe.writes).toBe(1);
  expect(pipe.kinds()).toEqual([...Array(10).fill("control"), "credit"]);
  expect(u32In(pipe.frames[10]?.[1] as Uint8Array)).toBe(11);
  expect(outflow.counts).toEqual({ frames: 11, bytes: 10 * (frameHeadBytes + 1) + frameHeadBytes + 4 });
});

test("control goes beside the socket where it is short enough, and bulk never", async () => {
  const pipe = new Pipe();
  const beside: number[] = [];
  const send = (frame: Uint8Array) => (beside.push(frame.length) > 3 ? "overflow" : "taken") as "overflow" | "taken";
  const outflow = new LinkOutflow(pipe, { bytesMax: 10, send, heard: () => undefined, dropped: () => 0 });
  for (const length of [9, 10, 11]) expect(outflow.control(new Uint8Array(length))).toBe("taken");
  outflow.bulk(new Uint8Array(5));
  await pipe.drain();
  expect([beside, pipe.frames.map(([kind, { length }]) => [kind, length])]).toEqual([
    [9, 10],
    [
      ["control", 11],
      ["bulk", 5],
    ],
  ]);
  expect(outflow.counts).toEqual({ frames: 4, bytes: 9 + 10 + (frameHeadBytes + 11) + (frameHeadBytes + 5) });
  outflow.control(new Uint8Array(1));
  expect(outflow.control(new Uint8Array(1))).toBe("overflow");
  outflow.end();
  outflow.control(new Uint8Array(1));
  expect(beside.length).toBe(4);
});

test("only little of bulk is in the socket, so that control waits for no more than that", async () => {
  const { pipe, outflow } = made();
  for (let sent = 0; sent < linkBulkBytesMax; sent += piece) outflow.bulk(new Uint8Array(piece));
  expect(pipe.writableLength).toBeLessThan(linkSocketBytesMax + piece + 10 * frameHeadBytes);
  outflow.control(Uint8Array.of(1));
  await pipe.drain();
  expect(pipe.kinds().indexOf("control")).toBe(linkSocketBytesMax / piece);
  expect(pipe.kinds()).toHaveLength(1 + linkBulkBytesMax / piece);
});

test("bulk goes as far as the credit, whole frames only, and in order", async () => {
  const { pipe, outflow } = made();
  const frames = linkBulkBytesMax / piece + 3;
  for (let index = 0; index < frames; index++) outflow.bulk(new Uint8Array(piece).fill(index));
  await pipe.drain();
  expect(pipe.frames).toHaveLength(frames - 3);
  outflow.credited(piece - 1);
  await pipe.drain();
  expect(pipe.frames).toHaveLength(frames - 3);
  outflow.credited(1);
  outflow.credited(2 * piece);
  await pipe.drain();
  expect(pipe.frames.map(([, bytes]) => bytes[0])).toEqual(Array.from({ length: frames }, (_, index) => index));
  expect(outflow.heldBytes).toBe(0);
});

test("more bulk waiting than may be, or control that nobody reads, overflows", () => {
  const { outflow } = made();
  const frame = new Uint8Array(linkBulkBytesMax);
  for (let waiting = 0; waiting < linkHeldBytesMax; waiting += frame.length) expect(outflow.bulk(frame)).toBe("taken");
  expect(outflow.bulk(frame)).toBe("taken");
  expect(outflow.bulk(frame)).toBe("overflow");
  const other = made().outflow;
  for (let waiting = 0; waiting < linkSocketControlBytesMax - frame.length; waiting += frame.length) {
    expect(other.control(frame)).toBe("taken");
  }
  expect(other.control(frame)).toBe("overflow");
});

test("credit beyond what a frame can say goes in several", async () => {
  const { pipe, outflow } = made();
  outflow.credit(2 ** 32 + 5);
  await pipe.drain();
  expect(pipe.frames.map(([, bytes]) => u32In(bytes))).toEqual([0xffff_ffff, 6]);
});

test("once ended, only what the socket has leaves", async () => {
  const { pipe, outflow } = made();
  for (let sent = 0; sent < linkBulkBytesMax; sent += piece) outflow.bulk(new Uint8Array(piece));
  outflow.end();
  outflow.control(Uint8Array.of(1));
  outflow.bulk(Uint8Array.of(2));
  outflow.credit(3);
  await pipe.drain();
  expect(pipe.kinds()).toEqual(Array(linkSocketBytesMax / piece).fill("bulk"));
  expect(outflow.heldBytes).toBe(0);
});

test("nothing follows what is said last, though credit is owed", async () => {
  const { pipe, outflow } = made();
  outflow.credit(5);
  outflow.say("close", Uint8Array.of(1));
  outflow.end();
  await pipe.drain();
  expect(pipe.kinds()).toEqual(["close"]);
});
