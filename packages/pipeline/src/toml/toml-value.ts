import { createRequire } from "node:module";
import { type Data, isWhole, jsonDepthMax, numberFromDouble, numberFromWhole } from "@sinter/core";
import type * as Library from "smol-toml";
import { FormatFault } from "../format.js";
import { composed, setOwn } from "../names.js";
import { lineAt } from "../text.js";
import { placeInToml, timesInToml } from "./toml-places.js";

// What a TOML document says, as data: parsed by the library `smol-toml`, which comes in where the first TOML does.

const load = createRequire(import.meta.url);
let library: typeof Library | undefined;

export function tomlValue(text: string): Data | FormatFault {
  library ??= load("smol-toml") as typeof Library;
  try {
    return new TomlValue(text).of(library.parse(text, { integersAsBigInt: "asNeeded", maxDepth: jsonDepthMax }));
  } catch (error) {
    if (error instanceof library.TomlError) return new FormatFault(reasonOf(error), { line: error.line, column: error.column });
    throw error;
  }
}

/** Its message goes on with a picture of the place. */
function reasonOf({ message }: Library.TomlError): string {
  return (message.split("\n")[0] as string).replace("Invalid TOML document: ", "");
}

const NO_NUMBER = "a number that JSON has expected: not nan, inf, or beyond 1.8e308";
const TIME = /^(\d{4}-\d\d-\d\d)?(?:[Tt ]?(\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?([Zz]|[-+]\d\d:\d\d)?$/;

class TomlValue {
  readonly #text: string;
  readonly #names: string[] = [];
  #times: ReturnType<typeof timesInToml> | undefined;
  #fault: FormatFault | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  of(document: Library.TomlTable): Data | FormatFault {
    const value = this.#value(document);
    return this.#fault ?? value;
  }

  #value(value: Library.TomlValue): Data {
    switch (typeof value) {
      case "string":
        return isWhole(value) ? value : this.#fail("text of whole characters expected, not half of one");
      case "number":
        return Number.isFinite(value) ? numberFromDouble(value) : this.#fail(NO_NUMBER);
      case "bigint":
        return numberFromWhole(value) ?? this.#fail(NO_NUMBER);
      case "boolean":
        return value;
      default:
        if (value instanceof Date) return this.#time(value);
        if (this.#names.length >= jsonDepthMax) return this.#fail(`nested no deeper than ${jsonDepthMax} expected`);
        return Array.isArray(value) ? value.map((element, index) => this.#under(String(index), element)) : this.#table(value);
    }
  }

  #under(name: string, value: Library.TomlValue): Data {
    if (this.#fault !== undefined) return null;
    this.#names.push(name);
    const data = this.#value(value);
    this.#names.pop();
    return data;
  }

  #table(table: Library.TomlTable): Data {
    const object: Record<string, Data> = {};
    for (const [written, value] of Object.entries(table)) {
      const name = composed(written);
      if (Object.hasOwn(object, name))
        return this.#fail(`each name once expected, and ${JSON.stringify(name)} is here in two Unicode forms`);
      setOwn(object, name, this.#under(name, value));
    }
    return object;
  }

  /** The library's own text of it ends with milliseconds. */
  #time(time: Library.TomlDate): Data {
    this.#times ??= timesInToml(this.#text);
    const place = this.#times.find(this.#names);
    const [, date, minutes, seconds = ":00", offset = ""] = TIME.exec(this.#text.slice(place?.from, place?.to)) ?? [];
    // A day that its month has not became one of the next.
    if (date !== undefined && date !== time.toISOString().slice(0, date.length))
      return this.#fail(`a day that its month has expected, not ${date}`);
    const clock = minutes === undefined ? undefined : `${minutes}${seconds}${offset.toUpperCase()}`;
    return [date, clock].filter((part) => part !== undefined).join("T");
  }

  #fail(reason: string): null {
    if (this.#fault !== undefined) return null;
    const place = placeInToml(this.#text, this.#names);
    this.#fault = new FormatFault(reason, place === undefined ? {} : { line: lineAt(this.#text, place.from) });
    return null;
  }
}
