import { type Decoded, Malformed } from "../bytes/malformed.js";

// Names of merge types as text: a word, and in brackets behind it another such name, or fields: or-map(register(text)),
// record({"tags":or-set(text),"title":register(text)}). Whoever types one may put space between, and need not quote a field's name.

export interface NamePart {
  readonly name: string;
  readonly argument?: NamePart | undefined;
  readonly fields?: ReadonlyMap<string, NamePart> | undefined;
}

export function parseTypeName(text: string, depthMax: number): Decoded<NamePart> {
  const parser = new Parser(text);
  const part = parser.part(depthMax);
  return parser.end() ?? part;
}

class Parser {
  readonly #text: string;
  #at = 0;
  #fault: Malformed | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  part(depth: number): NamePart {
    const name = this.#take(/\s*([a-z][a-z0-9-]*)\s*/y, "the name of a type")[1] ?? "";
    if (this.#peek() !== "(" || this.#fault !== undefined) return { name };
    if (depth <= 1) {
      this.#fail("types nested too deep");
      return { name };
    }
    this.#take(/\(\s*/y, "(");
    const inside = this.#peek() === "{" ? { fields: this.#fields(depth - 1) } : { argument: this.part(depth - 1) };
    this.#take(/\s*\)\s*/y, ")");
    return { name, ...inside };
  }

  /** What was wrong first, if anything was. */
  end(): Malformed | undefined {
    if (this.#at < this.#text.length) this.#fail("nothing more is expected");
    return this.#fault;
  }

  #fields(depth: number): ReadonlyMap<string, NamePart> {
    const fields = new Map<string, NamePart>();
    this.#take(/\{/y, "{");
    do {
      const name = this.#fieldName();
      if (fields.has(name)) this.#fail(`field ${JSON.stringify(name)} is there already`);
      this.#take(/\s*:/y, ":");
      fields.set(name, this.part(depth));
    } while (this.#fault === undefined && this.#takeIf(/,/y));
    this.#take(/\}/y, ", or }");
    return fields;
  }

  #fieldName(): string {
    const [, quoted, plain] = this.#take(/\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z_][\w-]*))/y, "a field's name");
    if (quoted === undefined) return plain ?? "";
    try {
      return String(JSON.parse(quoted));
    } catch {
      // An escape that JSON does not have.
      this.#fail("a field's name that is no JSON text");
      return "";
    }
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #takeIf(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = this.#fault === undefined ? pattern.exec(this.#text) : null;
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  #take(pattern: RegExp, expected: string): readonly (string | undefined)[] {
    const found = this.#takeIf(pattern);
    if (found === undefined) this.#fail(`${expected} is expected`);
    return found ?? [];
  }

  #fail(what: string): void {
    this.#fault ??= new Malformed(`${what} at character ${this.#at + 1} of ${JSON.stringify(this.#text)}`);
  }
}
