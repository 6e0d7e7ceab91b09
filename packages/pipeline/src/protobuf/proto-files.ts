import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { SinterError } from "@sinter/core";
import type * as Library from "protobufjs";
import { readWhole } from "../files/read-file.js";
import { FormatFault } from "../format.js";
import { protoFileBytesMax, protoFilesMax } from "../limits.js";
import { textOf, withoutMark } from "../text.js";

// The schema of Protobuf messages: a .proto file with all that it imports, as texts, so that it can be handed to another thread. The
// library `protobufjs` understands them; it comes in where the first Protobuf does.

const load = createRequire(import.meta.url);
let library: typeof Library | undefined;

export function protobufLibrary(): typeof Library {
  library ??= load("protobufjs") as typeof Library;
  return library;
}

export interface ProtoSource {
  readonly file: string;
  /** Where imports are looked for first. Then it is beside the file, and in the folders above it. */
  readonly includes?: readonly string[] | undefined;
}

/** Each file by where it was found, what is imported before what imports it. */
export type ProtoFiles = readonly { readonly path: string; readonly text: string }[];

export function readProtoFiles({ file, includes = [] }: ProtoSource): ProtoFiles {
  const path = resolve(file);
  const folders = [...includes.map((folder) => resolve(folder)), ...foldersAbove(dirname(path))];
  const files: { path: string; text: string }[] = [];
  const seen = new Set<string>([path]);
  const read = (at: string, text: string): void => {
    for (const name of importsOf(at, text)) {
      if (knownJson(name) !== undefined) continue;
      const found = folders.map((folder) => join(folder, name)).find((each) => seen.has(each) || textAt(each) !== undefined);
      if (found === undefined)
        throw new SinterError(
          "not-found",
          `${at} imports ${name}, which is not there`,
          `It was looked for in ${folders.slice(0, 4).join(", ")}.`,
        );
      if (seen.has(found)) continue;
      seen.add(found);
      if (seen.size > protoFilesMax)
        throw new SinterError("too-large", `${path} imports more than ${protoFilesMax} files`, "Name a smaller one.");
      read(found, textAt(found) as string);
    }
    files.push({ path: at, text });
  };
  const text = textAt(path);
  if (text === undefined) throw new SinterError("not-found", `there is no ${file} that can be read`, "Name the .proto file.");
  read(path, text);
  return files;
}

/** Of Google's own, which everybody imports and few have. */
export function knownJson(name: string): Library.INamespace | undefined {
  const found = protobufLibrary().common.get(name);
  if (found !== null) return found;
  const more = /^google\/protobuf\/(descriptor|api|type|source_context)\.proto$/.exec(name)?.[1];
  return more === undefined ? undefined : (load(`protobufjs/google/protobuf/${more}.json`) as Library.INamespace);
}

export function importsOf(path: string, text: string): readonly string[] {
  const { imports = [], weakImports = [] } = parseProto(path, text, new (protobufLibrary().Root)());
  return [...imports, ...weakImports];
}

/** Into that root. */
export function parseProto(path: string, text: string, root: Library.Root): Library.IParserResult {
  try {
    return protobufLibrary().parse(text, root, { keepCase: true });
  } catch (error) {
    throw new SinterError("usage", `${path}: ${(error as Error).message}`, "Mend the file.", { cause: error });
  }
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}

/** Undefined where there is no such file: it is looked for in other places, too. */
function textAt(path: string): string | undefined {
  const bytes = readWhole(path, protoFileBytesMax);
  const text = bytes instanceof FormatFault ? bytes : textOf(withoutMark(bytes));
  return text instanceof FormatFault ? undefined : text;
}
