import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import type { AnyMergeType, EncodedOperation } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

export function encodeOperations(type: AnyMergeType, operations: readonly unknown[]): EncodedOperation {
  if (operations.length === 1) return type.encodeOperation(operations[0]);
  const writer = new Writer();
  for (const operation of operations) { const { kind, payload } = type.encodeOperation(operation); writer.u8(kind).prefixed(payload); }
  return { kind: operationKinds.transaction, payload: writer.finish() };
}

export function decodeOperations(type: AnyMergeType, kind: number, payload: Uint8Array): Decoded<readonly unknown[]> {
  if (kind !== operationKinds.transaction) { const one = type.decodeOperation(kind, payload); return one instanceof Malformed ? one : [one]; }
  const reader = new Reader(payload);
  const operations: unknown[] = [];
  while (reader.left > 0 && !reader.failed) {
    const operationKind = reader.u8();
    const operation = type.decodeOperation(operationKind, reader.prefixed(1 << 24));
    if (operation instanceof Malformed) return operation;
    operations.push(operation);
  }
  return reader.finish(() => operations);
}
