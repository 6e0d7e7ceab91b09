import { folderOf, isCode, type Source } from "./sources.js";
import { lineAt, type Node, nodesOf } from "./syntax.js";

export interface Import {
  readonly from: string;
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** The file of ours it leads to, if there is one. */
  readonly to: string | undefined;
}

/** All imports and re-exports of a source, of types too, static and dynamic. */
export function importsOf(source: Source, paths: ReadonlySet<string>): Import[] {
  const kinds = ["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression", "TSImportType"];
  const found: Import[] = [];
  for (const { node } of nodesOf(source, ...kinds)) {
    const literal = (node["source"] ?? null) as Node | null;
    const specifier = literal?.["value"];
    if (typeof specifier !== "string") continue;
    const to = specifier.startsWith(".") ? resolve(folderOf(source.path), specifier, paths) : undefined;
    found.push({ from: source.path, line: lineAt(source.text, node.start), specifier, to });
  }
  return found;
}

export function allImports(sources: readonly Source[]): Import[] {
  const paths = new Set(sources.map((source) => source.path));
  return sources.filter((source) => isCode(source.path)).flatMap((source) => importsOf(source, paths));
}

function resolve(folder: string, specifier: string, paths: ReadonlySet<string>): string | undefined {
  const plain = join(folder, specifier);
  return [plain, plain.replace(/\.js$/, ".ts"), plain.replace(/\.js$/, ".d.ts")].find((path) => paths.has(path));
}

export function join(folder: string, relative: string): string {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
