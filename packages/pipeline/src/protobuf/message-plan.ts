import { SinterError } from "@sinter/core";
import type { Enum, Field, MapField, NamespaceBase, Root, Type } from "protobufjs";
import { composed } from "../names.js";
import { importsOf, knownJson, type ProtoFiles, parseProto, protobufLibrary } from "./proto-files.js";

// What there is to know of messages in order to read them: made of the schema once.

export type ScalarKind =
  | "double"
  | "float"
  | "int32"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "sfixed32"
  | "int64"
  | "uint64"
  | "sint64"
  | "fixed64"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

export type ValuePlan =
  | { readonly kind: ScalarKind }
  /** Names by their numbers. */
  | { readonly kind: "enum"; readonly names: ReadonlyMap<number, string>; readonly isNull: boolean }
  | { readonly kind: "message"; readonly plan: MessagePlan; readonly isGroup: boolean };

export interface FieldPlan {
  readonly id: number;
  /** As it is called in JSON. */
  readonly name: string;
  readonly value: ValuePlan;
  readonly rule: "single" | "repeated" | "map";
  /** Of maps. */
  readonly key: ScalarKind | undefined;
  /** It is there or not, apart from what it is: a zero says something. */
  readonly hasPresence: boolean;
  readonly isRequired: boolean;
  /** Of the fields with one of these names, the last that comes counts alone. */
  readonly oneOf: string | undefined;
}

export class MessagePlan {
  /** With its package. */
  readonly name: string;
  readonly #type: Type;
  readonly #schema: MessageSchema;
  #fields: ReadonlyMap<number, FieldPlan> | undefined;

  constructor(type: Type, schema: MessageSchema) {
    this.name = fullNameOf(type);
    this.#type = type;
    this.#schema = schema;
  }

  /** Made when it is first needed: messages may hold themselves. */
  get fields(): ReadonlyMap<number, FieldPlan> {
    this.#fields ??= new Map(this.#type.fieldsArray.map((field) => [field.id, this.#schema.fieldPlan(field)]));
    return this.#fields;
  }
}

export class MessageSchema {
  readonly #root: Root;
  /** By their full names. */
  readonly #types: ReadonlyMap<string, Type>;
  readonly #plans = new Map<Type, MessagePlan>();

  constructor(files: ProtoFiles) {
    const { Root } = protobufLibrary();
    this.#root = new Root();
    const known = new Set(files.flatMap(({ path, text }) => importsOf(path, text)));
    for (const name of known) {
      const json = knownJson(name);
      if (json?.nested !== undefined) this.#root.addJSON(json.nested);
    }
    for (const { path, text } of files) parseProto(path, text, this.#root);
    try {
      this.#root.resolveAll();
    } catch (error) {
      throw new SinterError("usage", `${files.at(-1)?.path}: ${(error as Error).message}`, "Mend the schema.", { cause: error });
    }
    this.#types = new Map(typesIn(this.#root).map((type) => [fullNameOf(type), type]));
  }

  /** By its full name. Undefined where there is none of that name. */
  messageNamed(name: string): MessagePlan | undefined {
    const type = this.#types.get(name);
    return type === undefined ? undefined : this.#planOf(type);
  }

  /** By the last parts of their names. */
  messagesEndingWith(name: string): MessagePlan[] {
    return [...this.#types].filter(([full]) => name !== "" && `.${full}`.endsWith(`.${name}`)).map(([, type]) => this.#planOf(type));
  }

  fieldPlan(field: Field): FieldPlan {
    const { MapField } = protobufLibrary();
    field.resolve();
    return {
      id: field.id,
      name: nameOf(field),
      value: this.#valuePlan(field),
      rule: field.map ? "map" : field.repeated ? "repeated" : "single",
      key: field instanceof MapField ? ((field as MapField).keyType as ScalarKind) : undefined,
      hasPresence: Boolean(field.hasPresence),
      isRequired: field.required,
      oneOf: field.partOf?.name,
    };
  }

  #valuePlan(field: Field): ValuePlan {
    const { Enum, Type } = protobufLibrary();
    const { resolvedType } = field;
    if (resolvedType instanceof Type) return { kind: "message", plan: this.#planOf(resolvedType), isGroup: field.delimited };
    if (resolvedType instanceof Enum) return enumPlan(resolvedType);
    return { kind: field.type as ScalarKind };
  }

  #planOf(type: Type): MessagePlan {
    const known = this.#plans.get(type);
    if (known !== undefined) return known;
    const plan = new MessagePlan(type, this);
    this.#plans.set(type, plan);
    return plan;
  }
}

function fullNameOf({ fullName }: Type | Field): string {
  return fullName.replace(/^\./, "");
}

function typesIn(namespace: NamespaceBase): Type[] {
  const { Namespace, Type } = protobufLibrary();
  return namespace.nestedArray.flatMap((each) => {
    const inner = each instanceof Namespace || each instanceof Type ? typesIn(each) : [];
    return each instanceof Type ? [each, ...inner] : inner;
  });
}

/** Of several names for one number the first. */
function enumPlan({ values, fullName }: Enum): ValuePlan {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(values)) if (!names.has(number)) names.set(number, name);
  return { kind: "enum", names, isNull: fullName === ".google.protobuf.NullValue" };
}

/** Extensions go by their full names, in brackets. */
function nameOf(field: Field): string {
  const { declaringField } = field;
  const name = declaringField === null ? field.jsonName : `[${fullNameOf(declaringField)}]`;
  return composed(name ?? field.name);
}
