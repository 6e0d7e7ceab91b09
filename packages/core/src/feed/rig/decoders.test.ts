import fc from "fast-check";
import { expect, test } from "vitest";
import { isMalformed } from "../../bytes/malformed.js";
import { decoders, fuzzDecoder } from "./decoders.suite.js";

const seed = fc.readConfigureGlobal().seed ?? 1;

test.each(decoders.map((decoder) => [decoder.name, decoder] as const))("%s: a value or malformed, whatever the bytes", (_name, decoder) => {
  const value = decoder.decode(decoder.sample());
  expect(isMalformed(value)).toBe(false);
  const { malformed } = fuzzDecoder(decoder, { runs: 2000, seed });
  expect(malformed, `seed ${seed}`).toBeGreaterThan(0);
});

test("a decoder that throws is found, with the bytes that do it", () => {
  const faulty = { name: "faulty", decode: () => [].at(0) ?? JSON.parse("{"), sample: () => new Uint8Array(4) };
  expect(() => fuzzDecoder(faulty, { runs: 1, seed })).toThrow(/faulty threw on .*seed/);
  expect(() => fuzzDecoder({ ...faulty, decode: () => undefined }, { runs: 1, seed })).toThrow(/answered nothing/);
});
