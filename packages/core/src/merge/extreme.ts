import { integerBitsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import type { NumberOf, Numbers } from "./counter.js";
import { compareDots, type Dot, type Lanes, readDot, writeDot } from "./dot.js";
import { readExact, writeExact } from "./exact-sum.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// The largest, or the least, of all numbers added: kept with the first operation in the total order that added it.

export interface Extreme<N> {
  best: { readonly value: N; readonly dot: Dot } | undefined;
}

export interface ExtremeCommands<N> {
  add(value: N): void;
}

export type ExtremeType<N extends Numbers> = MergeType<
  Extreme<NumberOf<N>>,
  NumberOf<N>,
  NumberOf<N> | undefined,
  ExtremeCommands<NumberOf<N>>
>;

/** How numbers of one sort are bytes. */
interface NumberCodec<N> {
  /** Why it is none of them, if it is not. */
  fault(value: unknown): string | undefined;
  write(writer: Writer, value: N): void;
  read(reader: Reader): N;
}

const DOUBLE_BYTES = 8;
const doubleBytes = new Uint8Array(DOUBLE_BYTES);
const double = new DataView(doubleBytes.buffer);

const doubles: NumberCodec<number> = {
  fault(value) {
    // -0 and 0 are equal, and other numbers: which of them were the largest would depend on which came first.
    if (typeof value !== "number" || !Number.isFinite(value) || Object.is(value, -0))
      return `a number is expected, and neither NaN nor an infinity nor -0: not ${Object.is(value, -0) ? "-0" : String(value)}`;
    return undefined;
  },
  write(writer, value) {
    double.setFloat64(0, value);
    writer.bytes(doubleBytes);
  },
  read(reader) {
    doubleBytes.set(reader.take(DOUBLE_BYTES));
    return reader.failed ? 0 : double.getFloat64(0);
  },
};

const bigints: NumberCodec<bigint> = {
  fault(value) {
    if (typeof value !== "bigint") return `a bigint is expected, not ${String(value)}`;
    return BigInt.asIntN(integerBitsMax, value) === value ? undefined : `an integer has at most ${integerBitsMax} bits, with its sign`;
  },
  write: writeExact,
  read: (reader) => BigInt(readExact(reader)),
};

export function extreme<N extends Numbers>(numbers: N, side: "maximum" | "minimum"): ExtremeType<N> {
  const codec = (numbers === "bigint" ? bigints : doubles) as NumberCodec<unknown> as NumberCodec<NumberOf<N>>;
  const checked = (value: NumberOf<N>): Decoded<NumberOf<N>> => {
    const fault = codec.fault(value);
    return fault === undefined ? value : new Malformed(fault);
  };
  const consider = (item: Extreme<NumberOf<N>>, value: NumberOf<N>, { dot, lanes }: { readonly dot: Dot; readonly lanes: Lanes }) => {
    const { best } = item;
    const isBetter =
      best === undefined ||
      (side === "maximum" ? value > best.value : value < best.value) ||
      (value === best.value && compareDots(dot, best.dot, lanes) < 0);
    if (isBetter) item.best = { value, dot };
  };
  return {
    name: numbers === "bigint" ? `${side}(bigint)` : side,
    version: 1,
    keys: "one",
    retract: "by-key",
    encodeOperation(value) {
      const writer = new Writer(DOUBLE_BYTES);
      codec.write(writer, value);
      return { kind: operationKinds.add, payload: writer.finish() };
    },
    decodeOperation(kind, payload) {
      if (kind !== operationKinds.add) return new Malformed(`an operation of kind ${kind}, which a ${side} does not have`);
      const reader = new Reader(payload);
      const value = codec.read(reader);
      return reader.finish(() => checked(value));
    },
    keyOf: () => "",
    fresh: () => ({ best: undefined }),
    apply: consider,
    join(item, { best }, { lanes }) {
      if (best !== undefined) consider(item, best.value, { dot: best.dot, lanes });
    },
    isBare: ({ best }) => best === undefined,
    writeItem(writer, { best }, lanes) {
      writer.u8(best === undefined ? 0 : 1);
      if (best === undefined) return;
      writeDot(writer, best.dot, lanes);
      codec.write(writer, best.value);
    },
    readItem(reader, lanes) {
      const count = reader.u8();
      if (count > 1) reader.fail(`${count} numbers that are the ${side}`);
      if (count !== 1) return { best: undefined };
      const [dot, value] = [readDot(reader, lanes), codec.read(reader)];
      const fault = codec.fault(value);
      if (fault !== undefined) reader.fail(fault);
      return { best: { dot, value } };
    },
    value: (items) => items.get("")?.best?.value,
    explain: (_key, { best }) => ({ winners: best === undefined ? [] : [best], losers: [] }),
    restore: () => undefined,
    commands: (send) => ({
      add(value) {
        const fault = codec.fault(value);
        if (fault !== undefined) throw new RangeError(fault);
        send(value);
      },
    }),
    keyText: () => "",
    keyFrom: () => "",
  };
}
