import { payloadBytesMax, transactionOperationsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import type { AnyMergeType, EncodedOperation } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// Operations as one event: a single one as itself, several as a transaction, each with its kind (docs/wire.md, "Operations").

/** Most operations take about so many: what grows to megabytes is not copied over and over. */
const OPERATION_BYTES = 24;

/** Throws where they are more than one event holds. */
export function encodeOperations(type: AnyMergeType, operations: readonly unknown[]): EncodedOperation {
  const { length } = operations;
  if (length === 0) throw new RangeError("an event has one operation at least");
  if (length === 1) return type.encodeOperation(operations[0]);
  if (length > transactionOperationsMax) throw new RangeError(`an event has at most ${transactionOperationsMax} operations, not ${length}`);
  const writer = new Writer(length * OPERATION_BYTES);
  for (const operation of operations) {
    if (type.writeOperation !== undefined) {
      type.writeOperation(writer, operation);
      continue;
    }
    const { kind, payload } = type.encodeOperation(operation);
    writer.u8(kind).prefixed(payload);
  }
  if (writer.length > payloadBytesMax)
    throw new RangeError(`the operations of an event have at most ${payloadBytesMax} bytes, not ${writer.length}`);
  return { kind: operationKinds.transaction, payload: writer.finish() };
}

/** All of them, or none where one of them is malformed. */
export function decodeOperations(type: AnyMergeType, kind: number, payload: Uint8Array): Decoded<readonly unknown[]> {
  if (kind === operationKinds.transaction) return decodeTransaction(type, payload);
  const operation = type.decodeOperation(kind, payload);
  return operation instanceof Malformed ? operation : [operation];
}

function decodeTransaction(type: AnyMergeType, payload: Uint8Array): Decoded<readonly unknown[]> {
  const reader = new Reader(payload);
  const operations: unknown[] = [];
  while (reader.left > 0 && !reader.failed) {
    const kind = reader.u8();
    const each = reader.prefixed(payloadBytesMax);
    if (reader.failed) break;
    if (kind === operationKinds.transaction) return new Malformed("a transaction in a transaction");
    if (operations.length === transactionOperationsMax)
      return new Malformed(`a transaction of more than ${transactionOperationsMax} operations`);
    const operation = type.decodeOperation(kind, each);
    if (operation instanceof Malformed) return operation;
    operations.push(operation);
  }
  return reader.finish(() => (operations.length > 1 ? operations : new Malformed("a transaction of less than two operations")));
}
