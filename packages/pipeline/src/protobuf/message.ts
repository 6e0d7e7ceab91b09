import { isUtf8 } from "node:buffer";
import { jsonDepthMax } from "@sinter/core";
import { documentValuesMax } from "../limits.js";
import { bufferOf } from "../text.js";
import type { FieldPlan, MessagePlan, ScalarKind, ValuePlan } from "./message-plan.js";
import { WireReader } from "./wire-reader.js";

// A message as it comes: of a field that comes again the last counts, messages in it are put together, and fields that are not known are
// passed over. What is known and comes in another form is a fault: it is another message, most likely.

export type Raw = number | bigint | boolean | string | Uint8Array | Message | readonly Raw[] | ReadonlyMap<string, Raw>;

export class Message {
  readonly plan: MessagePlan;
  readonly values = new Map<FieldPlan, Raw>();

  constructor(plan: MessagePlan) {
    this.plan = plan;
  }
}

/** Of all fields of a message; undefined and a failure of the reader: it is none. */
export function readMessage(bytes: Uint8Array, plan: MessagePlan): Message | string {
  const reading = new MessageReading(bytes);
  const message = new Message(plan);
  reading.fill(message, 0);
  return reading.failure ?? message;
}

const VARINT = 0;
const EIGHT_BYTES = 1;
const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
const FOUR_BYTES = 5;

/** A value of `google.protobuf.Struct` is three messages deep for each object. */
const NESTED = 4 * jsonDepthMax;

class MessageReading {
  readonly #wire: WireReader;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#wire = new WireReader(bytes);
  }

  get failure(): string | undefined {
    return this.#wire.failure;
  }

  /** Up to the end of what is read, or of the group. */
  fill(message: Message, depth: number, group?: number): void {
    if (depth > NESTED) return this.#wire.fail(`messages nested no deeper than ${NESTED} expected`);
    while (!this.#wire.isAtEnd) {
      const tag = this.#wire.uint32();
      const [id, form] = [tag >>> 3, tag & 7];
      if (form === GROUP_END && id === group) return;
      const field = message.plan.fields.get(id);
      if (id === 0) this.#wire.fail("a field with a number from 1 on expected");
      else if (field === undefined) this.#pass(id, form);
      else this.#field(message, field, { form, depth });
    }
    if (group !== undefined) this.#wire.fail("the end of a group expected");
  }

  #field(message: Message, field: FieldPlan, { form, depth }: { readonly form: number; readonly depth: number }): void {
    const { values } = message;
    const expected = formOf(field.value);
    const isPacked = field.rule === "repeated" && form === BYTES && expected !== BYTES && expected !== GROUP;
    if (field.rule === "map" ? form !== BYTES : form !== expected && !isPacked)
      return this.#wire.fail(`field ${field.id} (${field.name} of ${message.plan.name}) in another form expected: is it another message?`);
    if (field.oneOf !== undefined)
      for (const other of values.keys()) if (other !== field && other.oneOf === field.oneOf) values.delete(other);
    const before = values.get(field);
    if (field.rule === "map") values.set(field, this.#entry(field, (before as Map<string, Raw>) ?? new Map(), depth));
    else if (field.rule === "repeated") {
      const list = (before as Raw[]) ?? [];
      values.set(field, list);
      if (isPacked) this.#wire.within(() => this.#packed(field, list));
      else list.push(this.#value(field.value, { depth, field }));
    } else this.#single(values, field, this.#value(field.value, { depth, field, before }));
  }

  /** Without presence, a zero is what is not there. */
  #single(values: Map<FieldPlan, Raw>, field: FieldPlan, value: Raw): void {
    const isZero = !field.hasPresence && (Object.is(value, 0) || value === 0n || value === "" || value === false || isEmpty(value));
    if (isZero) values.delete(field);
    else values.set(field, value);
  }

  #packed(field: FieldPlan, list: Raw[]): void {
    while (!this.#wire.isAtEnd) list.push(this.#value(field.value, { depth: 0, field }));
  }

  /** An entry of a map is a message of two fields: its key, and its value. */
  #entry(field: FieldPlan, map: Map<string, Raw>, depth: number): Map<string, Raw> {
    const kind = field.key as ScalarKind;
    let key: Raw = zeroOf({ kind });
    let value: Raw = zeroOf(field.value);
    this.#wire.within(() => {
      while (!this.#wire.isAtEnd) {
        const tag = this.#wire.uint32();
        if (tag === 8 + formOf({ kind })) key = this.#value({ kind }, { depth, field });
        else if (tag === 16 + formOf(field.value)) value = this.#value(field.value, { depth, field, before: value });
        else this.#pass(tag >>> 3, tag & 7);
      }
    });
    return map.set(String(key), value);
  }

  #value(
    plan: ValuePlan,
    { depth, field, before }: { readonly depth: number; readonly field: FieldPlan; readonly before?: Raw | undefined },
  ): Raw {
    if (++this.#count > documentValuesMax) this.#wire.fail(`at most ${documentValuesMax} values expected`);
    if (plan.kind === "enum") return this.#wire.varint32() | 0;
    if (plan.kind !== "message") return this.#scalar(plan.kind);
    const message = (before as Message | undefined) ?? new Message(plan.plan);
    if (plan.isGroup) this.fill(message, depth + 1, field.id);
    else this.#wire.within(() => this.fill(message, depth + 1));
    return message;
  }

  #scalar(kind: ScalarKind): Raw {
    const wire = this.#wire;
    switch (kind) {
      case "double":
        return this.#finite(wire.double());
      case "float":
        return this.#finite(wire.float());
      case "int32":
        return wire.varint32() | 0;
      case "uint32":
        return wire.varint32();
      case "sint32": {
        const bits = wire.varint32();
        return (bits >>> 1) ^ -(bits & 1);
      }
      case "fixed32":
        return wire.fixed32();
      case "sfixed32":
        return wire.fixed32() | 0;
      case "int64":
        return BigInt.asIntN(64, wire.varint64());
      case "uint64":
        return wire.varint64();
      case "sint64": {
        const bits = wire.varint64();
        return (bits >> 1n) ^ -(bits & 1n);
      }
      case "fixed64":
        return wire.fixed64();
      case "sfixed64":
        return BigInt.asIntN(64, wire.fixed64());
      case "bool":
        return wire.varint64() !== 0n;
      case "string":
        return this.#text(wire.take(wire.uint32()));
      case "bytes":
        return wire.take(wire.uint32());
    }
  }

  #text(bytes: Uint8Array): string {
    const buffer = bufferOf(bytes);
    if (!isUtf8(buffer)) this.#wire.fail("text that is UTF-8 expected");
    return buffer.toString("utf8");
  }

  #finite(value: number): number {
    if (!Number.isFinite(value)) this.#wire.fail(`a number expected: JSON has no ${value}`);
    return value;
  }

  /** What is not known; groups in one another are counted, not entered. */
  #pass(id: number, form: number): void {
    const groups = [];
    for (let [at, next] = [id, form]; ; ) {
      if (next === VARINT) this.#wire.varint64();
      else if (next === EIGHT_BYTES) this.#wire.take(8);
      else if (next === BYTES) this.#wire.take(this.#wire.uint32());
      else if (next === FOUR_BYTES) this.#wire.take(4);
      else if (next === GROUP && groups.length < NESTED) groups.push(at);
      else if (next !== GROUP_END || groups.pop() !== at) return this.#wire.fail("a field in one of Protobuf's forms expected");
      if (groups.length === 0 || this.failure !== undefined) return;
      if (this.#wire.isAtEnd) return this.#wire.fail("the end of a group expected");
      const tag = this.#wire.uint32();
      [at, next] = [tag >>> 3, tag & 7];
    }
  }
}

function isEmpty(value: Raw): boolean {
  return value instanceof Uint8Array && value.length === 0;
}

function formOf(plan: ValuePlan): number {
  switch (plan.kind) {
    case "message":
      return plan.isGroup ? GROUP : BYTES;
    case "string":
    case "bytes":
      return BYTES;
    case "double":
    case "fixed64":
    case "sfixed64":
      return EIGHT_BYTES;
    case "float":
    case "fixed32":
    case "sfixed32":
      return FOUR_BYTES;
    default:
      return VARINT;
  }
}

/** What is meant where nothing is said. */
export function zeroOf(plan: ValuePlan): Raw {
  switch (plan.kind) {
    case "message":
      return new Message(plan.plan);
    case "string":
      return "";
    case "bytes":
      return new Uint8Array(0);
    case "bool":
      return false;
    case "enum":
      return plan.names.keys().next().value ?? 0;
    default:
      return 0;
  }
}
