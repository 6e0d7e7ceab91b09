import { type Data, jsonDepthMax, numberFromDouble, numberFromWhole } from "@sinter/core";
import { composed, setOwn } from "../names.js";
import { bufferOf } from "../text.js";
import { Message, type Raw, readMessage, zeroOf } from "./message.js";
import type { FieldPlan, MessagePlan, MessageSchema, ValuePlan } from "./message-plan.js";
import { durationText, maskText, timestampText } from "./well-known.js";

// A message as the JSON that Protobuf defines for it, but with whole numbers of 64 bits as numbers, and without NaN and infinities. What is
// not there is left out.

/** Why a message has no such form. */
export class NoData {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export function messageData(message: Message, schema: MessageSchema): Data | NoData {
  const writing = new DataWriting(schema);
  const data = writing.message(message, 0);
  return writing.fault ?? data;
}

const WRAPPERS = /^google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/;

class DataWriting {
  readonly #schema: MessageSchema;
  fault: NoData | undefined;

  constructor(schema: MessageSchema) {
    this.#schema = schema;
  }

  message(message: Message, depth: number): Data {
    const { name } = message.plan;
    if (this.fault !== undefined) return null;
    if (name === "google.protobuf.Any") return this.#any(message, depth);
    if (WRAPPERS.test(name)) return this.#single(message, 1, depth);
    switch (name) {
      case "google.protobuf.Timestamp":
        return this.#told(timestampText(wholeOf(message, 1), wholeOf(message, 2)), message);
      case "google.protobuf.Duration":
        return this.#told(durationText(wholeOf(message, 1), wholeOf(message, 2)), message);
      case "google.protobuf.FieldMask":
        return maskText((rawOf(message, 1) ?? []) as readonly string[]);
      case "google.protobuf.Struct":
        return rawOf(message, 1) === undefined ? {} : this.#single(message, 1, depth);
      case "google.protobuf.ListValue":
        return rawOf(message, 1) === undefined ? [] : this.#single(message, 1, depth);
      case "google.protobuf.Value":
        return this.#anyValue(message, depth);
      default:
        return this.#object(message, depth);
    }
  }

  #object(message: Message, depth: number): Data {
    if (depth >= jsonDepthMax) return this.#fail(`nested no deeper than ${jsonDepthMax} expected`);
    const object: Record<string, Data> = {};
    for (const field of message.plan.fields.values()) {
      const raw = message.values.get(field);
      if (raw !== undefined) setOwn(object, field.name, this.#field(field, raw, depth + 1));
      else if (field.isRequired) return this.#fail(`the required field ${field.name} of ${message.plan.name} expected`);
    }
    return object;
  }

  #field(field: FieldPlan, raw: Raw, depth: number): Data {
    if (field.rule === "single") return this.#value(field.value, raw, depth);
    if (depth >= jsonDepthMax) return this.#fail(`nested no deeper than ${jsonDepthMax} expected`);
    if (field.rule === "repeated") return (raw as readonly Raw[]).map((each) => this.#value(field.value, each, depth + 1));
    const object: Record<string, Data> = {};
    for (const [key, value] of raw as ReadonlyMap<string, Raw>) {
      const name = composed(key);
      if (Object.hasOwn(object, name))
        return this.#fail(`each name once expected, and ${JSON.stringify(name)} is here in two Unicode forms`);
      setOwn(object, name, this.#value(field.value, value, depth + 1));
    }
    return object;
  }

  #value(plan: ValuePlan, raw: Raw, depth: number): Data {
    if (raw instanceof Message) return this.message(raw, depth);
    if (raw instanceof Uint8Array) return bufferOf(raw).toString("base64");
    if (plan.kind === "enum") return plan.isNull ? null : (plan.names.get(raw as number) ?? (raw as number));
    if (typeof raw === "string" || typeof raw === "boolean") return raw;
    // Of 64 bits.
    if (typeof raw === "bigint") return numberFromWhole(raw) as number | bigint;
    return numberFromDouble(plan.kind === "float" ? shortest(raw as number) : (raw as number));
  }

  /** What the message has in one field stands for all of it. */
  #single(message: Message, id: number, depth: number): Data {
    const field = message.plan.fields.get(id) as FieldPlan;
    return this.#field(field, message.values.get(field) ?? zeroOf(field.value), depth);
  }

  #anyValue(message: Message, depth: number): Data {
    const [field] = message.values.keys();
    return field === undefined ? this.#fail("a value in google.protobuf.Value expected") : this.#single(message, field.id, depth);
  }

  /** A message of the type that it names. */
  #any(message: Message, depth: number): Data {
    const url = rawOf(message, 1) as string | undefined;
    const bytes = (rawOf(message, 2) as Uint8Array | undefined) ?? new Uint8Array(0);
    if (url === undefined) return bytes.length === 0 ? {} : this.#fail("a type in google.protobuf.Any expected");
    const plan = this.#schema.messageNamed(url.slice(url.lastIndexOf("/") + 1));
    if (plan === undefined) return this.#fail(`a type that the schema has expected in google.protobuf.Any, not ${JSON.stringify(url)}`);
    const inner = readMessage(bytes, plan);
    if (typeof inner === "string") return this.#fail(`${inner}, in ${plan.name} in google.protobuf.Any`);
    const data = this.message(inner, depth);
    const object: Record<string, Data> = { "@type": url };
    if (isWellKnown(plan)) return { ...object, value: data };
    for (const [name, value] of Object.entries(data as Readonly<Record<string, Data>>)) setOwn(object, name, value);
    return object;
  }

  #told(text: string | undefined, { plan }: Message): Data {
    return text ?? this.#fail(`a value within the bounds of ${plan.name} expected`);
  }

  #fail(reason: string): null {
    this.fault ??= new NoData(reason);
    return null;
  }
}

function isWellKnown({ name }: MessagePlan): boolean {
  return WRAPPERS.test(name) || /^google\.protobuf\.(Any|Timestamp|Duration|FieldMask|Struct|ListValue|Value|Empty)$/.test(name);
}

function rawOf({ plan, values }: Message, id: number): Raw | undefined {
  const field = plan.fields.get(id);
  return field === undefined ? undefined : values.get(field);
}

function wholeOf(message: Message, id: number): bigint {
  return BigInt((rawOf(message, id) as bigint | number | undefined) ?? 0);
}

/** The shortest digits that are this number, where 32 bits are all it has. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
