import { blake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { compress4Function, compressFunction, iv } from "./blake3-compress.js";
import { chains4At, words4At } from "./blake3-layout.js";
import { get, int32, littleEndian, load, WasmModule } from "./wasm-assembler.js";
import { instantiate } from "./web-assembly.suite.js";

const [chainAt, blockAt, outAt] = [4096, 4160, 4224] as const;

/** Parameters of the one: counter, length, flags; of the four: where their vectors and the mask lie. */
function compressions() {
  const module = new WasmModule();
  const [compress, compress4] = [compressFunction(module), compress4Function(module)];
  const one = module.function("i32");
  one.emit(compress.call(int32(chainAt), int32(blockAt), int32(outAt), load("v128.load", get(one.parameter(0)))));
  const four = module.function("i32");
  four.emit(compress4.call(...[0, 16, 32, 48].map((offset) => load("v128.load", get(four.parameter(0)), offset))));
  module.export("one", one);
  module.export("four", four);
  const made = instantiate(module.finish({ pages: 1, data: littleEndian(iv) })) as {
    memory: { buffer: ArrayBuffer };
    one(rowAt: number): void;
    four(vectorsAt: number): void;
  };
  return { ...made, words: new DataView(made.memory.buffer) };
}

const { one, four, words } = compressions();
const write = (at: number, values: readonly number[]) => values.forEach((value, index) => words.setUint32(at + index * 4, value, true));
const read = (at: number, count: number) => Array.from({ length: count }, (_, index) => words.getUint32(at + index * 4, true));

function compressed(chain: readonly number[], block: readonly number[], row: readonly number[]): number[] {
  write(chainAt, chain);
  write(blockAt, block);
  write(8192, row);
  one(8192);
  return read(outAt, 8);
}

test("an empty block gives BLAKE3 of nothing", () => {
  const hash = compressed(iv, new Array<number>(16).fill(0), [0, 0, 0, 1 | 2 | 8]);
  const bytes = new DataView(new ArrayBuffer(32));
  hash.forEach((value, index) => bytes.setUint32(index * 4, value, true));
  expect(toHex(new Uint8Array(bytes.buffer))).toBe(toHex(blake3(new Uint8Array(0))));
});

const word = fc.integer({ min: 0, max: 0xffffffff });
const lane = fc.record({
  chain: fc.array(word, { minLength: 8, maxLength: 8 }),
  block: fc.array(word, { minLength: 16, maxLength: 16 }),
  row: fc.tuple(word, fc.nat(64), fc.nat(255)),
  active: fc.boolean(),
});

test("four at once are the same as one at a time, and stand still where masked", () => {
  fc.assert(
    fc.property(fc.array(lane, { minLength: 4, maxLength: 4 }), (lanes) => {
      const expected = lanes.map(({ chain, block, row: [counter, length, flags], active }) =>
        active ? compressed(chain, block, [counter, 0, length, flags]) : chain,
      );
      for (let index = 0; index < 8; index++)
        write(
          chains4At + index * 16,
          lanes.map(({ chain }) => chain[index]),
        );
      for (let index = 0; index < 16; index++)
        write(
          words4At + index * 16,
          lanes.map(({ block }) => block[index]),
        );
      for (let index = 0; index < 3; index++)
        write(
          8192 + index * 16,
          lanes.map(({ row }) => row[index]),
        );
      write(
        8192 + 48,
        lanes.map(({ active }) => (active ? 0xffffffff : 0)),
      );
      four(8192);
      const results = [0, 1, 2, 3].map((at) => Array.from({ length: 8 }, (_, index) => read(chains4At + index * 16 + at * 4, 1)[0]));
      expect(results).toEqual(expected);
    }),
  );
});
