import { type Data, type DataObject, isDataObject, isWhole, jsonDepthMax, numberFromDecimal, numberFromWhole } from "@sinter/core";
import type { Alias, ParsedNode, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { FormatFault } from "../format.js";
import { aliasedValuesMax } from "../limits.js";
import { composed, setOwn } from "../names.js";
import { placeAt, type YamlDocument, yamlLibrary } from "./yaml-documents.js";

// What a YAML document says, as data. An alias is the value of its anchor once more. `<<: *defaults` stands for the members of what it
// names, unless they are said beside it: no part of YAML 1.2, but of what people write.

/** What an anchor stands for. */
interface Anchored {
  readonly value: Data;
  /** All values in it, and how deeply they are nested. */
  readonly count: number;
  readonly depth: number;
}

const INFINITE = /^[-+]?\.(inf|nan)$/i;
const WITH_BASE = /^0[xo]/;

export class YamlValue {
  readonly #document: YamlDocument;
  readonly #anchors = new Map<string, Anchored | "open">();
  /** Where members and elements begin, if that is wanted. */
  readonly #places: Map<Data, ReadonlyMap<string, number>> | undefined;
  #fault: FormatFault | undefined;
  #count = 0;
  #aliased = 0;
  #deepest = 0;

  constructor(document: YamlDocument, kept: "values" | "places") {
    this.#document = document;
    this.#places = kept === "places" ? new Map() : undefined;
  }

  /** Where it begins. */
  get line(): number {
    const { contents, range } = this.#document.parsed;
    return this.#placeAt(contents?.range[0] ?? range[0]).line;
  }

  /** Undefined: there is nothing in it. */
  body(): Data | FormatFault | undefined {
    const { contents, errors, warnings, directives } = this.#document.parsed;
    const [wrong] = [...errors, ...warnings];
    if (wrong !== undefined) return new FormatFault(wrong.message, this.#placeAt(wrong.pos[0]));
    if (directives.yaml.version !== "1.2") return new FormatFault("YAML 1.2 expected, in which yes and no are texts", { line: this.line });
    if (contents === null || isNothing(contents)) return undefined;
    const value = this.#value(contents, 0);
    return this.#fault ?? value;
  }

  lineOf(names: readonly string[]): number | undefined {
    const body = this.body();
    if (body === undefined || body instanceof FormatFault) return undefined;
    let [value, line] = [body, this.line];
    for (const name of names) {
      const place = this.#places?.get(value)?.get(name);
      if (place === undefined) return undefined;
      line = this.#placeAt(place).line;
      value = (value as DataObject)[name] as Data;
    }
    return line;
  }

  #value(node: ParsedNode, depth: number): Data {
    const { isAlias } = yamlLibrary();
    if (this.#fault !== undefined) return null;
    if (isAlias(node)) return this.#alias(node, depth);
    const { anchor } = node;
    if (anchor === undefined) return this.#plain(node, depth);
    this.#anchors.set(anchor, "open");
    const [count, deepest] = [this.#count, this.#deepest];
    this.#deepest = depth;
    const value = this.#plain(node, depth);
    this.#anchors.set(anchor, { value, count: this.#count - count, depth: this.#deepest - depth });
    this.#deepest = Math.max(this.#deepest, deepest);
    return value;
  }

  #plain(node: Exclude<ParsedNode, Alias>, depth: number): Data {
    const { isMap, isSeq } = yamlLibrary();
    this.#count++;
    if (!isMap(node) && !isSeq(node)) return this.#scalar(node);
    if (depth >= jsonDepthMax) return this.#failDeep(node);
    this.#deepest = Math.max(this.#deepest, depth + 1);
    return isMap(node) ? this.#map(node as YAMLMap.Parsed, depth + 1) : this.#list(node as YAMLSeq.Parsed, depth + 1);
  }

  #alias(node: Alias, depth: number): Data {
    const anchored = this.#anchors.get(node.source);
    if (anchored === undefined) return this.#fail(node, `an anchor &${node.source} before *${node.source} expected`);
    if (anchored === "open") return this.#fail(node, `*${node.source} stands inside of what it stands for`);
    if (depth + anchored.depth > jsonDepthMax) return this.#failDeep(node);
    this.#deepest = Math.max(this.#deepest, depth + anchored.depth);
    this.#countAliased(node, anchored.count);
    return anchored.value;
  }

  #countAliased(node: ParsedNode | Alias, count: number): void {
    this.#count += count;
    this.#aliased += count;
    if (this.#aliased > aliasedValuesMax) this.#fail(node, `aliases that stand for at most ${aliasedValuesMax} values together expected`);
  }

  #list(node: YAMLSeq.Parsed, depth: number): Data {
    const places = new Map<string, number>();
    const values = node.items.map((item, index) => {
      places.set(String(index), item.range[0]);
      return this.#value(item, depth);
    });
    this.#places?.set(values, places);
    return values;
  }

  #map(node: YAMLMap.Parsed, depth: number): Data {
    const object: Record<string, Data> = {};
    const places = new Map<string, number>();
    const keys = new Map<string, number>();
    const merged: [ParsedNode, Data][] = [];
    for (const { key, value } of node.items) {
      const name = this.#name(key);
      if (this.#fault !== undefined) return null;
      const before = keys.get(name);
      if (before !== undefined) return this.#failTwice(key, name, before);
      keys.set(name, key.range[0]);
      const from = value ?? key;
      const data = value === null ? null : this.#value(value, depth);
      if (isMergeKey(key)) merged.push([from, data]);
      else {
        setOwn(object, name, data);
        places.set(name, from.range[0]);
      }
    }
    for (const [from, data] of merged) this.#merge(from, data, { object, places });
    this.#places?.set(object, places);
    return object;
  }

  /** Members that are not there yet: of an object, or of a list of them, the first before the others. */
  #merge(node: ParsedNode, data: Data, into: { readonly object: Record<string, Data>; readonly places: Map<string, number> }): void {
    for (const source of Array.isArray(data) ? (data as readonly Data[]) : [data]) {
      if (this.#fault !== undefined) return;
      if (!isDataObject(source)) return void this.#fail(node, "<< with an object, or a list of objects, expected: such as <<: *defaults");
      const names = Object.keys(source).filter((name) => !Object.hasOwn(into.object, name));
      this.#countAliased(node, names.length);
      for (const name of names) {
        setOwn(into.object, name, source[name] as Data);
        const place = this.#places?.get(source)?.get(name);
        if (place !== undefined) into.places.set(name, place);
      }
    }
  }

  #name(key: ParsedNode): string {
    const { isScalar } = yamlLibrary();
    if (!isScalar(key)) return this.#failText(key, "a name that is text expected, not a list, an object or an alias");
    const value = this.#value(key, 0);
    const name = composed(typeof value === "string" ? value : (key.source ?? ""));
    return name === "" && value === null ? this.#failText(key, "a name before the colon expected") : name;
  }

  #scalar(node: Scalar.Parsed): Data {
    const { value, source } = node;
    if (typeof value === "string") return isWhole(value) ? value : this.#fail(node, "text of whole characters expected, not half of one");
    if (typeof value !== "number") return value as boolean | null;
    if (INFINITE.test(source)) return this.#fail(node, `a number expected: JSON has no ${source}`);
    const number = WITH_BASE.test(source) ? numberFromWhole(BigInt(source)) : numberFromDecimal(source);
    return number ?? this.#fail(node, "a number that a double can hold expected: this one is beyond 1.8e308");
  }

  #failDeep(node: ParsedNode | Alias): null {
    return this.#fail(node, `nested no deeper than ${jsonDepthMax} expected`);
  }

  #failTwice(node: ParsedNode, name: string, before: number): null {
    const { line } = this.#placeAt(before);
    return this.#fail(node, `each name once expected: ${JSON.stringify(name)} is here, and on line ${line} already`);
  }

  #failText(node: ParsedNode, reason: string): "" {
    this.#fail(node, reason);
    return "";
  }

  #fail(node: ParsedNode | Alias, reason: string): null {
    this.#fault ??= new FormatFault(reason, this.#placeAt(node.range?.[0] ?? 0));
    return null;
  }

  #placeAt(offset: number): { readonly line: number; readonly column: number } {
    return placeAt(this.#document.lines, offset);
  }
}

function isNothing(node: ParsedNode): boolean {
  const { isScalar } = yamlLibrary();
  return isScalar(node) && node.value === null && node.source === "" && node.tag === undefined && node.anchor === undefined;
}

function isMergeKey(key: ParsedNode): boolean {
  const { isScalar, Scalar: kinds } = yamlLibrary();
  return isScalar(key) && key.value === "<<" && key.type === kinds.PLAIN && key.tag === undefined;
}
