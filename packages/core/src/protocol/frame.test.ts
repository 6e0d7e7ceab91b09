import fc from "fast-check";
import { expect, test } from "vitest";
import { frameBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { frameOf, heardIn } from "./frame.js";
import type { Mounted } from "./mount.js";
import type { Protocol, Vocabulary } from "./protocol.js";
import { ToyDriver } from "./toy-driver.suite.js";

const { ledger, pinger } = new ToyDriver();
const mounts = [ledger, pinger].map((mount) => ({ mount })) as unknown as Mounted[];
const ledgerProtocol = ledger.protocol as unknown as Protocol<Vocabulary>;

test("a frame says to whom, and what", () => {
  const line = { kind: "line", text: "a" };
  expect(heardIn(mounts, frameOf(ledgerProtocol, line), "control")).toEqual({ mount: 0, message: line });
  const ping = { kind: "ping", number: 1 };
  expect(heardIn(mounts, frameOf(pinger.protocol as unknown as Protocol<Vocabulary>, ping), "control")).toEqual({
    mount: 1,
    message: ping,
  });
});

test("the longest frame fits, and not a byte more", () => {
  const sized = (length: number) => ({ ...ledgerProtocol, codec: { encode: () => new Uint8Array(length), decode: () => 0 } });
  expect(frameOf(sized(frameBytesMax - 1), 0).length).toBe(frameBytesMax);
  expect(() => frameOf(sized(frameBytesMax), 0)).toThrow("ledger: a message of 1048576 bytes, more than a frame may hold");
});

test("a codec that writes behind the tag is asked to, and has the same bound", () => {
  const sized = (length: number) => ({
    ...ledgerProtocol,
    codec: { ...ledgerProtocol.codec, encodeBehind: (first: number) => new Uint8Array(length + 1).fill(first, 0, 1) },
  });
  const frame = frameOf(sized(frameBytesMax - 1), 0);
  expect([frame.length, frame[0]]).toEqual([frameBytesMax, ledgerProtocol.tag]);
  expect(() => frameOf(sized(frameBytesMax), 0)).toThrow("ledger: a message of 1048576 bytes, more than a frame may hold");
});

test("any bytes are a message or malformed", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.constantFrom("control" as const, "bulk" as const),
      (frame, messageClass) => {
        const heard = heardIn(mounts, frame, messageClass);
        expect(isMalformed(heard) || heard.mount < mounts.length).toBe(true);
      },
    ),
  );
});
