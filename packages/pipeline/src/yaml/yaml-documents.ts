import { createRequire } from "node:module";
import { jsonDepthMax } from "@sinter/core";
import type * as Library from "yaml";
import { FormatFault } from "../format.js";
import { yamlTokensMax } from "../limits.js";

// The syntax of YAML, by the library `yaml`. It comes in where the first YAML does: most runs have none.

const load = createRequire(import.meta.url);
let library: typeof Library | undefined;

export function yamlLibrary(): typeof Library {
  library ??= load("yaml") as typeof Library;
  return library;
}

export interface YamlDocument {
  readonly parsed: Library.Document.Parsed;
  readonly lines: Library.LineCounter;
}

/** What is being read, one in another: a document first, then its objects and arrays. */
const FIRST_TOO_DEEP = 1 + jsonDepthMax;
const COLLECTIONS = new Set(["block-map", "block-seq", "flow-collection"]);

export function yamlDocuments(text: string): YamlDocument[] | FormatFault {
  const { Composer, LineCounter } = yamlLibrary();
  const lines = new LineCounter();
  const tokens = tokensOf(text, lines);
  if (tokens instanceof FormatFault) return tokens;
  // Names are compared by us: the library would compare each with each.
  const composer = new Composer({ version: "1.2", schema: "core", uniqueKeys: false, resolveKnownTags: false, prettyErrors: false });
  // Where there is none it makes one with nothing in it: what is wrong outside of documents must be told somewhere.
  return [...composer.compose(tokens, true, text.length)].map((parsed) => ({ parsed, lines }));
}

export function placeAt(lines: Library.LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** The library goes down into what is nested by calls, as deep as that is: so it must not see it. */
function tokensOf(text: string, lines: Library.LineCounter): Library.CST.Token[] | FormatFault {
  const { Lexer, Parser } = yamlLibrary();
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: Library.CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    const inner = parser.stack[FIRST_TOO_DEEP];
    if (inner !== undefined && COLLECTIONS.has(inner.type))
      return new FormatFault(`nested no deeper than ${jsonDepthMax} expected`, placeAt(lines, inner.offset));
    if (++count > yamlTokensMax) return new FormatFault(`YAML of at most ${yamlTokensMax} words and signs expected: JSON may be larger`);
  }
  tokens.push(...parser.end());
  return tokens;
}
