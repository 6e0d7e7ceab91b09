import { csv, type Delimiter } from "./csv/csv.js";
import type { DocumentFormat, Format } from "./format.js";
import { json } from "./json/json.js";
import { ndjson } from "./json/ndjson.js";
import { toml } from "./toml/toml.js";
import { yaml } from "./yaml/yaml.js";

// A file's name says how it is read, by how it ends, in letters of either size. With `.gz` behind that it is compressed.

export interface FormatOptions {
  /** What binary messages are: see `protobuf`. Without it they are no fragments. */
  readonly messages?: DocumentFormat | undefined;
  /** Between the fields of `.csv`: a comma, if nothing else is said. */
  readonly delimiter?: Delimiter | undefined;
}

const formats: Readonly<Record<string, (options: FormatOptions) => Format | undefined>> = {
  json: () => json,
  yaml: () => yaml,
  yml: () => yaml,
  toml: () => toml,
  ndjson: () => ndjson,
  jsonl: () => ndjson,
  csv: ({ delimiter = "," }) => csv(delimiter),
  tsv: () => csv("\t"),
  pb: ({ messages }) => messages,
  bin: ({ messages }) => messages,
  binpb: ({ messages }) => messages,
};

/** Undefined: it is no fragment. */
export function formatOf(path: string, options: FormatOptions = {}): Format | undefined {
  const ending = endingOf(path);
  return ending === undefined ? undefined : formats[ending]?.(options);
}

/** Why it is none. */
export function notRead(path: string): string {
  return endingOf(path) === undefined
    ? `its name ends with none of ${Object.keys(formats)
        .map((ending) => `.${ending}`)
        .join(" ")}`
    : "what its bytes mean only a .proto file says, and there is none";
}

function endingOf(path: string): string | undefined {
  const ending = /\.([a-z]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(formats, ending) ? ending : undefined;
}

export function isCompressed(path: string): boolean {
  return /\.gz$/i.test(path);
}
