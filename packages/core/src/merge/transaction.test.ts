import { expect, test } from "vitest";
import { payloadBytesMax, transactionOperationsMax } from "../bytes/limits.js";
import { Writer } from "../bytes/writer.js";
import { bytes, text } from "./element-codec.js";
import { encodeI64 } from "./exact-sum.js";
import { register } from "./lww-register.js";
import type { AnyMergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";
import { pnCounter } from "./pn-counter.js";
import { reasonOf } from "./story.suite.js";
import { decodeOperations, encodeOperations } from "./transaction.js";

const counter = pnCounter() as unknown as AnyMergeType;

function transaction(...operations: readonly (readonly [kind: number, payload: Uint8Array])[]): Uint8Array {
  const writer = new Writer();
  for (const [kind, payload] of operations) writer.u8(kind).prefixed(payload);
  return writer.finish();
}

const one = [operationKinds.increment, encodeI64(1)] as const;

test("a single operation goes by its own kind, several as a transaction", () => {
  expect(encodeOperations(counter, [5])).toEqual({ kind: operationKinds.increment, payload: encodeI64(5) });
  const several = encodeOperations(counter, [1, -2]);
  expect(several).toEqual({ kind: operationKinds.transaction, payload: transaction(one, [operationKinds.decrement, encodeI64(2)]) });
  expect(decodeOperations(counter, several.kind, several.payload)).toEqual([1, -2]);
  expect(decodeOperations(counter, operationKinds.increment, encodeI64(5))).toEqual([5]);
});

test("one operation that is malformed makes all of them so", () => {
  const { transaction: kind } = operationKinds;
  expect(reasonOf(decodeOperations(counter, kind, transaction(one, [operationKinds.write, encodeI64(1)])))).toContain("kind 43");
  expect(reasonOf(decodeOperations(counter, kind, transaction(one, one).subarray(0, -1)))).toContain("8 bytes expected where 7 are left");
  expect(reasonOf(decodeOperations(counter, kind, transaction(one, one).subarray(0, 11)))).toContain("1 bytes expected where 0 are left");
  expect(reasonOf(decodeOperations(counter, operationKinds.write, encodeI64(1)))).toContain("kind 43");
});

test("a transaction has two operations at least, and none that is a transaction itself", () => {
  const { transaction: kind } = operationKinds;
  expect(reasonOf(decodeOperations(counter, kind, transaction(one)))).toContain("less than two");
  expect(reasonOf(decodeOperations(counter, kind, new Uint8Array(0)))).toContain("less than two");
  expect(reasonOf(decodeOperations(counter, kind, transaction(one, [kind, transaction(one, one)])))).toBe("a transaction in a transaction");
  expect(() => encodeOperations(counter, [])).toThrow("one operation at least");
});

test("it has so many operations at most, and so many bytes", () => {
  const empty = register(text) as unknown as AnyMergeType;
  const nothing = new Uint8Array(0);
  const most = Array.from({ length: transactionOperationsMax }, () => nothing);
  const { kind, payload } = encodeOperations(empty, most);
  expect(decodeOperations(empty, kind, payload)).toHaveLength(transactionOperationsMax);
  expect(() => encodeOperations(empty, [...most, nothing])).toThrow(`at most ${transactionOperationsMax} operations`);
  const tooMany = new Uint8Array(payload.length + 2);
  tooMany.set(payload);
  tooMany.set(payload.subarray(0, 2), payload.length);
  expect(reasonOf(decodeOperations(empty, kind, tooMany))).toContain(`more than ${transactionOperationsMax} operations`);
  const blobs = register(bytes) as unknown as AnyMergeType;
  const large = new Uint8Array(payloadBytesMax / 16);
  expect(() => encodeOperations(blobs, new Array(16).fill(large))).toThrow(`at most ${payloadBytesMax} bytes`);
});
