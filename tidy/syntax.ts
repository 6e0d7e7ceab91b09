import { parseSync } from "vite";
import type { Source } from "./sources.js";

// The syntax tree of a source, and how rules walk it. TypeScript 7 has no compiler API for JavaScript; the parser that
// vitest brings along reads the same language.

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Comment {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

export interface Syntax {
  readonly program: Node;
  readonly comments: readonly Comment[];
}

const parsed = new WeakMap<Source, Syntax>();

export function syntaxOf(source: Source): Syntax {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const result = parseSync(source.path, source.text);
  if (result.errors.length > 0) throw new Error(`${source.path}: ${result.errors[0]?.message}`);
  const syntax = { program: result.program as unknown as Node, comments: result.comments };
  parsed.set(source, syntax);
  return syntax;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string" && "start" in value;
}

/** Every node from the root down, each with its parents, nearest first. */
export function walk(node: Node, visit: (node: Node, parents: readonly Node[]) => void, parents: readonly Node[] = []): void {
  visit(node, parents);
  const below = [node, ...parents];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, visit, below);
    } else if (isNode(value)) walk(value, visit, below);
  }
}

/** All nodes of the types given. */
export function nodesOf(source: Source, ...types: readonly string[]): { readonly node: Node; readonly parents: readonly Node[] }[] {
  const found: { node: Node; parents: readonly Node[] }[] = [];
  walk(syntaxOf(source).program, (node, parents) => {
    if (types.includes(node.type)) found.push({ node, parents });
  });
  return found;
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

export function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === "Identifier" || value.type === "PrivateIdentifier") return value["name"] as string;
  if (value.type === "Literal" && typeof value["value"] === "string") return value["value"];
  return undefined;
}

/** Whether an identifier is read as a variable or type: not the name of a property, nor what an import renames. */
export function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return true;
  if (parent.type === "MemberExpression") return parent["object"] === node || parent["computed"] === true;
  if (parent.type === "TSQualifiedName") return parent["left"] === node;
  if (parent.type === "ImportSpecifier" || parent.type === "ExportSpecifier") return false;
  const namesMember = /^(Property|PropertyDefinition|MethodDefinition|TSPropertySignature|TSMethodSignature|AccessorProperty)$/.test(
    parent.type,
  );
  return !(namesMember && parent["key"] === node && parent["computed"] !== true && parent["shorthand"] !== true);
}
