import { fieldNameBytesMax, itemKeyBytesMax, recordFieldsMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { bytesOfText, holdsControl } from "../identity/subject-path.js";
import { decodeAt, encodeAt } from "./at-key.js";
import { keyOfBytes } from "./item-key.js";
import { type ResettableType, resettable } from "./journal.js";
import type { AnyMergeType, MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// Named fields, each of a merge type: how documents are written. A field's items lie beside those of the others, under keys that begin
// with the field: what is written in one costs nothing in the others.

export type RecordFields = Readonly<Record<string, AnyMergeType>>;

export type ValueOf<Type> = Type extends AnyMergeType<infer Value, unknown> ? Value : never;

export type CommandsOf<Type> = Type extends AnyMergeType<unknown, infer Commands> ? Commands : never;

export type RecordValue<Fields> = { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };

export type RecordCommands<Fields> = { readonly [Name in keyof Fields]: CommandsOf<Fields[Name]> };

export interface RecordOperation {
  /** By the names' order. */
  readonly field: number;
  readonly operation: unknown;
}

export interface RecordItem {
  /** Of a fresh one nobody knows yet. */
  field: number | undefined;
  item: unknown;
}

export type RecordType<Fields> = MergeType<RecordItem, RecordOperation, RecordValue<Fields>, RecordCommands<Fields>>;

interface Field {
  readonly name: string;
  /** The name's bytes, as operations have them. */
  readonly nameKey: string;
  /** Keys of its items begin with it: one character. */
  readonly prefix: string;
  readonly type: AnyMergeType;
}

/** Between a field's name and a key in it, where keys are told to people. */
const SEPARATOR = "/";

export function record<Fields extends RecordFields>(types: Fields): RecordType<Fields> {
  return recordOf(fieldsOf(types)) as unknown as RecordType<Fields>;
}

function fieldsOf(types: RecordFields): readonly Field[] {
  const names = Object.keys(types).sort();
  if (names.length === 0 || names.length > recordFieldsMax) throw new RangeError(`a record has 1 to ${recordFieldsMax} fields, not ${names.length}`);
  return names.map((name, index) => {
    const fault = nameFault(name);
    if (fault !== undefined) throw new RangeError(fault);
    return { name, nameKey: keyOfBytes(bytesOfText(name)), prefix: String.fromCharCode(index), type: types[name] as AnyMergeType };
  });
}

function nameFault(name: string): string | undefined {
  if (name === "" || name.includes(SEPARATOR) || holdsControl(name) || /\p{Surrogate}/u.test(name))
    return `a field's name is text without ${SEPARATOR} and control characters, not ${JSON.stringify(name)}`;
  const { length } = bytesOfText(name);
  return length > fieldNameBytesMax ? `a field's name has at most ${fieldNameBytesMax} bytes, not ${length}` : undefined;
}

type AnyRecord = MergeType<RecordItem, RecordOperation, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>;

function recordOf(fields: readonly Field[]): AnyRecord {
  const byName = new Map(fields.map(({ nameKey }, index) => [nameKey, index]));
  const typeOf = (field: number | undefined): AnyMergeType => (fields[field as number] as Field).type;
  const fieldOf = (key: string): Field => fields[key.charCodeAt(0)] as Field;
  const parts = fields.map(({ type }) => type);
  const type: AnyRecord = {
    name: `record({${fields.map(({ name, type: { name: typeName } }) => `${JSON.stringify(name)}:${typeName}`).join(",")}})`,
    version: parts.reduce((sum, { version }) => sum + version, 1),
    parts,
    keys: parts.some(({ keys }) => keys === "many") ? "many" : "few",
    retract: parts.some(({ retract }) => retract === "refold") ? "refold" : "by-key",
    encodeOperation: ({ field, operation }) => encodeAt((fields[field] as Field).nameKey, typeOf(field).encodeOperation(operation)),
    decodeOperation(kind, payload) {
      if (kind !== operationKinds.at) return new Malformed(`an operation of kind ${kind}, which a record does not have`);
      const at = decodeAt(payload);
      if (at instanceof Malformed) return at;
      const field = byName.get(keyOfBytes(at.key));
      if (field === undefined) return new Malformed("an operation on a field that the record does not have");
      const operation = typeOf(field).decodeOperation(at.kind, at.payload);
      if (operation instanceof Malformed) return operation;
      return keyFault(typeOf(field).keyOf(operation)) ?? { field, operation };
    },
    keyOf: ({ field, operation }) => (fields[field] as Field).prefix + typeOf(field).keyOf(operation),
    fresh: () => ({ field: undefined, item: undefined }),
    apply(item, { field, operation }, at) {
      if (item.field === undefined) begin(item, field);
      typeOf(field).apply(item.item, operation, at);
    },
    join(item, from, joining) {
      const field = item.field ?? from.field;
      if (field === undefined) return;
      if (item.field === undefined) begin(item, field);
      typeOf(field).join(item.item, from.field === undefined ? typeOf(field).fresh() : from.item, joining);
    },
    isBare: ({ field, item }, seen) => field === undefined || typeOf(field).isBare(item, seen),
  } as AnyRecord;
  const begin = (item: RecordItem, field: number) => {
    item.field = field;
    item.item = typeOf(field).fresh();
  };
  return type;
}
