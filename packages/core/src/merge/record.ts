import { fieldNameBytesMax, itemKeyBytesMax, recordFieldsMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { bytesOfText, holdsControl } from "../identity/subject-path.js";
import { decodeAt, encodeAt } from "./at-key.js";
import { keyOfBytes } from "./item-key.js";
import { hasReset, type ResettableType, resettable } from "./journal.js";
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
  readonly field: number;
  readonly item: unknown;
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
  if (names.length === 0 || names.length > recordFieldsMax)
    throw new RangeError(`a record has 1 to ${recordFieldsMax} fields, not ${names.length}`);
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
  const parts = fields.map(({ type }) => type);
  const made = {
    name: `record({${fields.map(({ name, type }) => `${JSON.stringify(name)}:${type.name}`).join(",")}})`,
    version: parts.reduce((sum, { version }) => sum + version, 1),
    parts,
    keys: parts.some(({ keys }) => keys === "many") ? ("many" as const) : ("few" as const),
    retract: parts.some(({ retract }) => retract === "refold") ? ("refold" as const) : ("by-key" as const),
    ...operationsOf(fields),
    ...itemsOf(fields),
    ...tellingOf(fields),
  };
  if (parts.every(hasReset)) {
    return { ...made, reset: ({ field, item }, at) => (parts[field] as ResettableType).reset(item, at) };
  }
  return { ...made, resettable: () => recordOf(fields.map((field) => ({ ...field, type: resettable(field.type) }))) };
}

function operationsOf(fields: readonly Field[]): Pick<AnyRecord, "encodeOperation" | "decodeOperation" | "keyOf" | "commands"> {
  const byName = new Map(fields.map(({ nameKey }, index) => [nameKey, index]));
  const at = (field: number) => fields[field] as Field;
  return {
    encodeOperation: ({ field, operation }) => encodeAt(at(field).nameKey, at(field).type.encodeOperation(operation)),
    decodeOperation(kind, payload) {
      if (kind !== operationKinds.at) return new Malformed(`an operation of kind ${kind}, which a record does not have`);
      const decoded = decodeAt(payload);
      if (decoded instanceof Malformed) return decoded;
      const field = byName.get(decoded.key);
      if (field === undefined) return new Malformed("an operation on a field that the record does not have");
      const { type } = at(field);
      const operation = type.decodeOperation(decoded.kind, payload.subarray(decoded.from));
      if (operation instanceof Malformed) return operation;
      const fault = keyFault(type.keyOf(operation));
      return fault === undefined ? { field, operation } : new Malformed(fault);
    },
    keyOf: ({ field, operation }) => at(field).prefix + at(field).type.keyOf(operation),
    commands: (send) =>
      Object.fromEntries(
        fields.map(({ name, type }, field) => {
          const commands = type.commands((operation) => {
            const fault = keyFault(type.keyOf(operation));
            if (fault !== undefined) throw new RangeError(fault);
            send({ field, operation });
          });
          return [name, commands];
        }),
      ),
  };
}

/** With the field before it, it is a key of the state, too. */
function keyFault(key: string): string | undefined {
  return key.length < itemKeyBytesMax
    ? undefined
    : `a key in a field of a record has at most ${itemKeyBytesMax - 1} bytes, not ${key.length}`;
}

function itemsOf(fields: readonly Field[]): Pick<AnyRecord, "fresh" | "apply" | "join" | "isBare" | "writeItem" | "readItem" | "value"> {
  const typeOf = (field: number) => (fields[field] as Field).type;
  return {
    fresh(key) {
      const field = key.charCodeAt(0);
      return { field, item: typeOf(field).fresh(key.slice(1)) };
    },
    apply: ({ field, item }, { operation }, at) => typeOf(field).apply(item, operation, at),
    join: ({ field, item }, from, joining) => typeOf(field).join(item, from.item, joining),
    isBare: ({ field, item }, seen) => typeOf(field).isBare(item, seen),
    writeItem: (writer, { field, item }, lanes, seen) => typeOf(field).writeItem(writer, item, lanes, seen),
    readItem(reader, lanes, key) {
      const field = key.charCodeAt(0);
      if (field < fields.length) return { field, item: typeOf(field).readItem(reader, lanes, key.slice(1)) };
      reader.fail("an item of a field that the record does not have");
      return { field: 0, item: undefined };
    },
    value(items) {
      const byField = fields.map(() => new Map<string, unknown>());
      for (const [key, { field, item }] of items) byField[field]?.set(key.slice(1), item);
      return Object.fromEntries(fields.map(({ name, type }, field) => [name, type.value(byField[field] as Map<string, unknown>)]));
    },
  };
}

/** A field of one value is told by its name, and a key in a field behind both. */
function tellingOf(fields: readonly Field[]): Pick<AnyRecord, "explain" | "restore" | "keyText" | "keyFrom"> {
  const fieldAt = (key: string) => fields[key.charCodeAt(0)] as Field;
  return {
    explain: (key, { item }) => fieldAt(key).type.explain(key.slice(1), item),
    restore(key, lost) {
      const operation = fieldAt(key).type.restore(key.slice(1), lost);
      return operation === undefined ? undefined : { field: key.charCodeAt(0), operation };
    },
    keyText(key) {
      const { name, type } = fieldAt(key);
      return type.keys === "one" ? name : name + SEPARATOR + type.keyText(key.slice(1));
    },
    keyFrom(text) {
      const end = text.indexOf(SEPARATOR);
      const name = end < 0 ? text : text.slice(0, end);
      const field = fields.find((each) => each.name === name);
      if (field === undefined)
        throw new RangeError(`the record has no field ${JSON.stringify(name)}, but ${fields.map((each) => each.name).join(", ")}`);
      if (field.type.keys === "one") {
        if (end >= 0) throw new RangeError(`there are no keys in ${name}: name it alone`);
        return field.prefix;
      }
      if (end < 0) throw new RangeError(`there are many keys in ${name}: name one, as in ${name}${SEPARATOR}KEY`);
      return field.prefix + field.type.keyFrom(text.slice(end + 1));
    },
  };
}
