import { schemasMax } from "../../bytes/limits.js";
import type { Data } from "../data.js";
import { equalData } from "../data-text.js";
import { SchemaFault } from "./schema-fault.js";
import { mergingNodes } from "./schema-graph.js";
import type { SchemaNode } from "./schema-node.js";

/** What schemas say of merging at one place of a document and below it. Places of which they say the same are one cursor. */
export interface SchemaCursor {
  /** What stands under `x-merge` here. */
  readonly merge: Data | undefined;
  /** Two schemas that hold here say different things of merging, which was not seen before: their patterns both match a name. */
  readonly fault: SchemaFault | undefined;
  /** Of a field, where something is said there or below. */
  child(name: string): SchemaCursor | undefined;
  /** Of the elements of an array, all alike: elements that merge have no position. */
  readonly element: SchemaCursor | undefined;
}

/** `undefined`: nothing is said anywhere. A fault where it is seen at once that two things are said of one place. */
export function cursorAt(root: SchemaNode, certain: ReadonlySet<SchemaNode>): SchemaCursor | SchemaFault | undefined {
  const cursors = new Cursors(mergingNodes(certain));
  const first = cursors.of([root]);
  for (const cursor of cursors.all) {
    if (cursor.fault !== undefined) return cursor.fault;
    if (cursors.size > schemasMax) break;
    cursor.explore();
  }
  return first;
}

class Cursors {
  readonly #merging: ReadonlySet<SchemaNode>;
  readonly #byNodes = new Map<string, Cursor>();
  readonly #numbers = new Map<SchemaNode, number>();

  constructor(merging: ReadonlySet<SchemaNode>) {
    this.#merging = merging;
    for (const node of merging) this.#numbers.set(node, this.#numbers.size);
  }

  get size(): number {
    return this.#byNodes.size;
  }

  /** Those made while it is gone through come, too. */
  get all(): Iterable<Cursor> {
    return this.#byNodes.values();
  }

  of(nodes: readonly SchemaNode[]): Cursor | undefined {
    const here = new Set(nodes.filter((node) => this.#merging.has(node)));
    for (const node of here) for (const same of node.same) if (this.#merging.has(same)) here.add(same);
    if (here.size === 0) return undefined;
    const key = [...here]
      .map((node) => this.#numbers.get(node) as number)
      .sort((left, right) => left - right)
      .join();
    let cursor = this.#byNodes.get(key);
    if (cursor === undefined) {
      cursor = new Cursor([...here], this);
      this.#byNodes.set(key, cursor);
    }
    return cursor;
  }
}

class Cursor implements SchemaCursor {
  readonly merge: Data | undefined;
  readonly fault: SchemaFault | undefined;
  readonly #nodes: readonly SchemaNode[];
  readonly #cursors: Cursors;
  /** Of the fields that schemas name; only those, since there is no end of others. */
  readonly #named = new Map<string, Cursor | undefined>();
  readonly #hasPatterns: boolean;
  #rest: { readonly cursor: Cursor | undefined } | undefined;
  #element: { readonly cursor: Cursor | undefined } | undefined;

  constructor(nodes: readonly SchemaNode[], cursors: Cursors) {
    this.#nodes = nodes;
    this.#cursors = cursors;
    this.#hasPatterns = nodes.some(({ patterns }) => patterns.length > 0);
    const [first, ...others] = nodes.filter(({ merge }) => merge !== undefined);
    const other = others.find(({ merge }) => !equalData(merge as Data, first?.merge as Data));
    this.merge = first?.merge;
    if (other !== undefined)
      this.fault = new SchemaFault(`"x-merge" says something else of the same place at ${first?.where}`, `${other.where}/x-merge`);
  }

  child(name: string): Cursor | undefined {
    if (this.#named.has(name)) return this.#named.get(name);
    const isNamed = this.#nodes.some(({ fields }) => fields.has(name));
    if (!isNamed && !this.#hasPatterns) {
      this.#rest ??= { cursor: this.#below(name) };
      return this.#rest.cursor;
    }
    const cursor = this.#below(name);
    if (isNamed) this.#named.set(name, cursor);
    return cursor;
  }

  get element(): Cursor | undefined {
    this.#element ??= { cursor: this.#cursors.of(this.#nodes.flatMap(({ element }) => element ?? [])) };
    return this.#element.cursor;
  }

  /** What lies below, as far as that is known without names that only patterns match. */
  explore(): void {
    for (const { fields } of this.#nodes) for (const name of fields.keys()) this.child(name);
    if (!this.#hasPatterns) this.#rest ??= { cursor: this.#cursors.of(this.#nodes.flatMap(({ rest }) => rest ?? [])) };
    this.element;
  }

  #below(name: string): Cursor | undefined {
    return this.#cursors.of(this.#nodes.flatMap((node) => nodesBelow(node, name)));
  }
}

function nodesBelow({ fields, patterns, rest }: SchemaNode, name: string): readonly SchemaNode[] {
  const named = fields.get(name);
  const found = [...(named === undefined ? [] : [named]), ...patterns.filter(({ pattern }) => pattern.test(name)).map(({ node }) => node)];
  return found.length > 0 || rest === undefined ? found : [rest];
}
