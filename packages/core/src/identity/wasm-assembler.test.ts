import fc from "fast-check";
import { expect, test } from "vitest";
import { get, int32, load, operate, repeatWhile, select, set, store128, WasmModule, when, words4 } from "./wasm-assembler.js";
import { instantiate } from "./web-assembly.suite.js";

/** Assembles one function, runs it, and answers the first four words of the memory. */
function run(build: (module: WasmModule) => void, ...operands: readonly number[]): number[] {
  const module = new WasmModule();
  build(module);
  const bytes = module.finish({ pages: 1, data: "\x01\x02\x03\x04" });
  const { memory, main } = instantiate(bytes) as {
    memory: { buffer: ArrayBuffer };
    main: (...operands: readonly number[]) => void;
  };
  main(...operands);
  const view = new DataView(memory.buffer);
  return [0, 4, 8, 12].map((at) => view.getInt32(at, true));
}

test("a constant is the number it was made from, and addresses reach the whole memory", () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.integer({ min: -200, max: 200 })), fc.nat(65_520), (value, offset) => {
      const words = run((module) => {
        const main = module.function();
        main.emit(store128(int32(0), operate("i32x4.splat", int32(value)), offset));
        main.emit(store128(int32(0), load("v128.load", int32(offset))));
        module.export("main", main);
      });
      expect(words).toEqual([value, value, value, value]);
    }),
  );
});

test("data lies at the start of the memory", () => {
  expect(run((module) => module.export("main", module.function()))).toEqual([0x04030201, 0, 0, 0]);
});

test("loops, choices, calls, parameters and locals", () => {
  const sumTo = (limit: number) =>
    run((module) => {
      const result = module.function("i32", "i32");
      result.emit(store128(int32(0), operate("i32x4.add", operate("i32x4.splat", get(result.parameter(0))), words4(0, 1, 2, -3))));
      result.emit(when(get(result.parameter(1)), [store128(int32(0), words4(0, 0, 0, 0))], []));
      const main = module.function("i32");
      const [left, sum] = [main.parameter(0), main.local("i32")];
      main.emit(
        repeatWhile(get(left), set(sum, operate("i32.add", get(sum), get(left))), set(left, operate("i32.sub", get(left), int32(1)))),
        result.call(get(sum), select(int32(1), int32(0), operate("i32.gt_u", get(sum), int32(5000)))),
      );
      module.export("main", main);
    }, limit);
  expect(sumTo(0)).toEqual([0, 1, 2, -3]);
  expect(sumTo(99)).toEqual([4950, 4951, 4952, 4947]);
  expect(sumTo(100)).toEqual([0, 0, 0, 0]);
});

test("a function with more operands or parameters than it declared is a mistake of the caller", () => {
  const made = new WasmModule().function("i32");
  expect(() => made.call()).toThrow("takes 1");
  expect(() => made.parameter(1)).toThrow("no parameter 1");
});
