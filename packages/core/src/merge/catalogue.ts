import { typeDepthMax, typeNameBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import type { Numbers } from "./counter.js";
import { bytes, type ElementCodec, json, text } from "./element-codec.js";
import { enableWinsFlag } from "./enable-wins-flag.js";
import { gCounter } from "./g-counter.js";
import { gSet } from "./g-set.js";
import { lwwMap } from "./lww-map.js";
import { register } from "./lww-register.js";
import { maximum } from "./maximum.js";
import type { AnyMergeType } from "./merge-type.js";
import { minimum } from "./minimum.js";
import { multiValueRegister } from "./multi-value-register.js";
import { orMap } from "./or-map.js";
import { orSet } from "./or-set.js";
import { pnCounter } from "./pn-counter.js";
import { type RecordFields, record } from "./record.js";
import { removeWinsSet } from "./remove-wins-set.js";
import { twoPhaseSet } from "./two-phase-set.js";
import { type NamePart, parseTypeName } from "./type-name.js";

// Every merge type that is built in, by the name that lenses and people call it. What a type is made of stands in brackets behind the
// name; whatever is left out is what most want. `type.name` is the whole of it.

type Make = (part: NamePart) => Decoded<AnyMergeType>;

const types: Readonly<Record<string, Make>> = {
  register: ofElements(register),
  "multi-value-register": ofElements(multiValueRegister),
  "g-counter": ofNumbers(gCounter),
  "pn-counter": ofNumbers(pnCounter),
  "g-set": ofElements(gSet),
  "two-phase-set": ofElements(twoPhaseSet),
  "or-set": ofElements(orSet),
  "remove-wins-set": ofElements(removeWinsSet),
  "lww-map": ofElements(lwwMap),
  "or-map": ofType(orMap),
  record: ofFields(record),
  maximum: ofNumbers(maximum),
  minimum: ofNumbers(minimum),
  "enable-wins-flag": ofNothing(enableWinsFlag),
};

export function typeNames(): readonly string[] {
  return Object.keys(types);
}

/** The type of that name, as it prints itself or shorter: `register` is `register(json)`. */
export function typeNamed(name: string): Decoded<AnyMergeType> {
  if (name.length > typeNameBytesMax) return new Malformed(`a type's name has at most ${typeNameBytesMax} characters, not ${name.length}`);
  const part = parseTypeName(name, typeDepthMax);
  if (part instanceof Malformed) return part;
  try {
    return typeOf(part);
  } catch (error) {
    // What only the type itself knows to be wrong: a field's name.
    if (error instanceof RangeError) return new Malformed(error.message);
    throw error;
  }
}

function typeOf(part: NamePart): Decoded<AnyMergeType> {
  const make = Object.hasOwn(types, part.name) ? types[part.name] : undefined;
  if (make !== undefined) return make(part);
  return new Malformed(`there is no type ${JSON.stringify(part.name)}; there are ${typeNames().join(", ")}`);
}

const codecs: readonly ElementCodec<unknown>[] = [json, text as ElementCodec<unknown>, bytes as ElementCodec<unknown>];

function ofElements(make: (codec: ElementCodec<unknown>) => AnyMergeType): Make {
  return ({ name, argument, fields }) => {
    if (argument === undefined && fields === undefined) return make(json);
    const codec = codecs.find((each) => each.name === argument?.name && isPlain(argument));
    return codec === undefined ? new Malformed(`${name}(${codecs.map((each) => each.name).join(" | ")}) is expected`) : make(codec);
  };
}

function ofNumbers(make: (numbers: Numbers) => AnyMergeType): Make {
  return ({ name, argument, fields }) => {
    if (argument === undefined && fields === undefined) return make("number");
    if (argument?.name === "bigint" && isPlain(argument)) return make("bigint");
    return new Malformed(`${name} or ${name}(bigint) is expected`);
  };
}

function ofType(make: (type: AnyMergeType) => AnyMergeType): Make {
  return ({ name, argument }) => {
    if (argument === undefined) return new Malformed(`${name} is of another type: ${name}(register)`);
    const type = typeOf(argument);
    return type instanceof Malformed ? type : make(type);
  };
}

function ofFields(make: (fields: RecordFields) => AnyMergeType): Make {
  return ({ name, fields }) => {
    if (fields === undefined) return new Malformed(`${name} has fields: ${name}({"title":register,"votes":pn-counter})`);
    const made: [string, AnyMergeType][] = [];
    for (const [field, part] of fields) {
      const type = typeOf(part);
      if (type instanceof Malformed) return type;
      made.push([field, type]);
    }
    return make(Object.fromEntries(made));
  };
}

function ofNothing(make: () => AnyMergeType): Make {
  return (part) => (isPlain(part) ? make() : new Malformed(`${part.name} has nothing in brackets`));
}

function isPlain({ argument, fields }: NamePart): boolean {
  return argument === undefined && fields === undefined;
}
