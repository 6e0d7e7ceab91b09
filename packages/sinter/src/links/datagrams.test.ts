import { isMalformed, linkDatagramBytesMax, noiseNoncesMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cameOf,
  cookieBytes,
  type Datagram,
  decodeDatagram,
  decodeWords,
  encodeDatagram,
  encodeWords,
  hasCome,
  linkIdBytes,
  pieceBytes,
  sealedHead,
  sealedHeadBytes,
  type Words,
} from "./datagrams.js";
import { noiseTagBytes } from "./noise.js";
import { ReplayWindow } from "./replay-window.js";

const link = new Uint8Array(linkIdBytes).fill(7);
const bytes = (length: number, fill = 1) => new Uint8Array(length).fill(fill);
const plain: readonly Exclude<Datagram, { readonly kind: "sealed" }>[] = [
  { kind: "ask", link, cookie: bytes(cookieBytes), message: bytes(48, 2) },
  { kind: "cookie", link, cookie: bytes(cookieBytes, 3) },
  { kind: "answer", link, message: bytes(192, 4) },
  { kind: "finish", link, message: bytes(176, 5) },
  { kind: "refused", link, code: 3 },
];

test.each(plain)("what is written as $kind is read as that, and is no longer than what it answers", (datagram) => {
  const written = encodeDatagram(datagram);
  expect(decodeDatagram(written)).toEqual(datagram);
  expect(written.length === linkDatagramBytesMax).toBe(datagram.kind === "ask");
});

test("a sealed one says its link and its number, which are sealed along with it", () => {
  const head = sealedHead(link, 2 ** 40 + 1);
  expect(head.length).toBe(sealedHeadBytes);
  const sealed = bytes(100);
  expect(decodeDatagram(Uint8Array.of(...head, ...sealed))).toMatchObject({ kind: "sealed", link, number: 2 ** 40 + 1 });
  for (const number of [0, noiseNoncesMax]) expect(isMalformed(decodeDatagram(sealedHead(link, number)))).toBe(true);
});

test("one byte less or more is no datagram where the length is known, and none is longer than any may be", () => {
  for (const datagram of plain) {
    const written = encodeDatagram(datagram);
    const isOpen = datagram.kind === "answer" || datagram.kind === "finish";
    expect(isMalformed(decodeDatagram(written.subarray(0, -1)))).toBe(!isOpen);
    expect(isMalformed(decodeDatagram(Buffer.concat([written, bytes(1)])))).toBe(!isOpen);
  }
  expect(isMalformed(decodeDatagram(Buffer.concat([sealedHead(link, 1), bytes(linkDatagramBytesMax)])))).toBe(true);
});

const came = { highest: 9, before: bytes(8) };
const words: readonly Words[] = [
  { came, piece: undefined },
  { came, piece: { kind: "part", seq: 0, bytes: bytes(pieceBytes) } },
  { came, piece: { kind: "end", seq: 2 ** 47, bytes: bytes(0) } },
  { came, piece: { kind: "frame", seq: 5, bytes: bytes(3) } },
];

test.each(words)("words are read as they were written, and fill a datagram at most", (each) => {
  const written = encodeWords(each);
  expect(decodeWords(written)).toEqual(each);
  expect(written.length + sealedHeadBytes + noiseTagBytes).toBeLessThanOrEqual(linkDatagramBytesMax);
});

test("a piece longer than any is none", () => {
  expect(isMalformed(decodeWords(encodeWords({ came, piece: { kind: "part", seq: 0, bytes: bytes(pieceBytes + 1) } })))).toBe(true);
});

test("any bytes are a datagram, or words, or Malformed", () => {
  const any = fc.uint8Array({ maxLength: linkDatagramBytesMax + 10 });
  fc.assert(fc.property(any, (each) => void [decodeDatagram(each), decodeWords(each)]));
  const known = fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7), any);
  fc.assert(
    fc.property(known, ([kind, rest]) => void [decodeDatagram(Uint8Array.of(kind, ...rest)), decodeWords(Uint8Array.of(kind, ...rest))]),
  );
});

test("what is told to have come is what came, of the last so many", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 200 }), (numbers) => {
      const window = new ReplayWindow();
      for (const number of numbers) window.add(number);
      const told = cameOf(window);
      const highest = Math.max(...numbers);
      expect(told.highest).toBe(highest);
      for (let number = 1; number <= 320; number++) {
        const isTold = number <= highest && number >= highest - 64;
        expect(hasCome(told, number)).toBe(isTold ? (numbers.includes(number) ? "came" : "missing") : "untold");
      }
    }),
  );
});
