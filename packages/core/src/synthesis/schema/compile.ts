import { schemasMax } from "../../bytes/limits.js";
import { type Data, isDataObject } from "../data.js";
import { pointerOf } from "../pointer.js";
import { counts, type Dialect, dialectOf } from "./dialect.js";
import { nothingKeyword } from "./keywords/any-keywords.js";
import { keywords } from "./keywords/keywords.js";
import { type Place, type Resource, Resources } from "./resources.js";
import { Run } from "./run.js";
import { cursorAt, type SchemaCursor } from "./schema-cursor.js";
import { SchemaFault } from "./schema-fault.js";
import { apartMergeFault, certainNodes, loopFault } from "./schema-graph.js";
import { SchemaNode } from "./schema-node.js";
import { Scope } from "./scope.js";
import { type Compiling, Site } from "./site.js";
import { splitFragment } from "./uri.js";
import { no } from "./verdict.js";
import type { Violation } from "./violation.js";

export type { Violation };

// JSON Schema 2020-12: from documents to something that checks values. Which schemas are applied where is found out once, also for
// `$dynamicRef`: a schema is compiled once for each way its dynamic references point, of which there are seldom two.

export interface SchemaDocuments {
  /** Of the one to check by. */
  readonly root: string;
  /** By absolute URI, as references name them. */
  readonly documents: ReadonlyMap<string, Data>;
}

export interface CompiledSchema {
  /**
   * What is wrong with the value, in the order in which it is written; nothing, if it is right. A `fragment` says only part of a document,
   * and is wrong if nothing that others say could make it right: more fields may come anywhere, and further elements behind those of an array.
   */
  check(value: Data, as: "fragment" | "document"): readonly Violation[];
  /** What is said of merging; nothing, if it is nowhere mentioned. */
  readonly merge: SchemaCursor | undefined;
}

/** A fault with `missing` names documents that are needed as well. */
export function compileSchema({ root, documents }: SchemaDocuments): CompiledSchema | SchemaFault {
  const resources = new Resources(documents);
  const resource = resources.resource(splitFragment(root).document);
  if (resource === undefined) return new SchemaFault(`the schema ${root} is not there`, root, [root]);
  const compiler = new Compiler(resources);
  const node = compiler.node(resource.root, Scope.empty);
  const nodes = compiler.run();
  const fault = resources.faults[0] ?? compiler.fault ?? loopFault(nodes);
  if (fault !== undefined) return fault;
  const certain = certainNodes(node);
  const merge = apartMergeFault(certain) ?? cursorAt(node, certain);
  return merge instanceof SchemaFault ? merge : { check: checkBy(node), merge };
}

function checkBy(node: SchemaNode): CompiledSchema["check"] {
  const run = new Run();
  return (value, as) => {
    run.begin(value, as);
    if (node.judge(value, run, undefined) !== no || run.isStopped) return run.end();
    run.begin(value, as);
    run.isTelling = true;
    node.judge(value, run, undefined);
    const violations = run.end();
    if (violations.length === 0) throw new Error(`${node.where} refuses a value and does not say why`);
    return violations;
  };
}

class Compiler {
  readonly #resources: Resources;
  readonly #nodes = new Map<string, SchemaNode>();
  readonly #waiting: { readonly node: SchemaNode; readonly place: Place; readonly scope: Scope }[] = [];
  readonly #dialects = new Map<Resource, Dialect | undefined>();
  readonly #missing = new Map<string, string>();
  #fault: SchemaFault | undefined;

  constructor(resources: Resources) {
    this.#resources = resources;
  }

  get fault(): SchemaFault | undefined {
    const [first, ...others] = this.#missing;
    if (this.#fault !== undefined || first === undefined) return this.#fault;
    return new SchemaFault(`the schema ${first[0]} is not there`, first[1], [first[0], ...others.map(([uri]) => uri)]);
  }

  node(place: Place, around: Scope): SchemaNode {
    const scope = around.entering(place.resource);
    const key = `${scope.key}${place.where}`;
    let node = this.#nodes.get(key);
    if (node === undefined) {
      const { schema, where } = place;
      const isSchema = typeof schema === "boolean" || isDataObject(schema);
      if (!isSchema) this.#fail("a schema is an object, true or false", where);
      node = new SchemaNode(isSchema ? schema : true, where);
      if (this.#nodes.size >= schemasMax) return this.#fail(`more than ${schemasMax} schemas, which is all that are taken`, where) ?? node;
      this.#nodes.set(key, node);
      this.#waiting.push({ node, place, scope });
    }
    return node;
  }

  run(): readonly SchemaNode[] {
    for (let each = this.#waiting.pop(); each !== undefined; each = this.#waiting.pop()) {
      const { node, place, scope } = each;
      const dialect = this.#dialect(place.resource);
      if (node.schema === true || dialect === undefined) continue;
      const site = new Site(node, this.#compiling(place, scope, dialect));
      if (node.schema === false) nothingKeyword(site);
      else for (const compile of keywords) compile(site);
      node.merge = site.written("x-merge");
    }
    const nodes = [...this.#nodes.values()];
    for (const node of nodes) node.isAnything = Object.values(node.tests).every((tests) => tests.length === 0);
    return nodes;
  }

  #compiling(place: Place, scope: Scope, dialect: Dialect): Compiling {
    const { schema, where } = place;
    return {
      written: (keyword) =>
        isDataObject(schema) && Object.hasOwn(schema, keyword) && counts(keyword, dialect) ? (schema[keyword] as Data) : undefined,
      below: (...names) => this.node(this.#resources.below(place, names), scope),
      refer: (keyword, reference) => this.#refer(keyword, reference, { place, scope }),
      fault: (keyword, reason) => this.#fail(reason, `${where}${pointerOf([keyword])}`),
    };
  }

  #refer(
    keyword: "$ref" | "$dynamicRef",
    reference: string,
    from: { readonly place: Place; readonly scope: Scope },
  ): SchemaNode | undefined {
    const { place, scope } = from;
    const where = `${place.where}${pointerOf([keyword])}`;
    const found = this.#resources.find(reference, place.resource);
    if ("absent" in found) return this.#fail(`there is no schema ${found.absent}`, where);
    if ("missing" in found) {
      if (!this.#missing.has(found.missing)) this.#missing.set(found.missing, where);
      return undefined;
    }
    const { fragment } = splitFragment(reference);
    const isDynamic = keyword === "$dynamicRef" && found.resource.dynamicAnchors.get(fragment) === found;
    return this.node((isDynamic ? scope.anchors.get(fragment) : undefined) ?? found, scope);
  }

  #dialect(resource: Resource): Dialect | undefined {
    if (this.#dialects.has(resource)) return this.#dialects.get(resource);
    const dialect = dialectOf(resource, this.#resources);
    if (dialect instanceof SchemaFault) {
      if (dialect.missing.length === 0) this.#fault ??= dialect;
      for (const uri of dialect.missing) if (!this.#missing.has(uri)) this.#missing.set(uri, dialect.where);
    }
    const known = dialect instanceof SchemaFault ? undefined : dialect;
    this.#dialects.set(resource, known);
    return known;
  }

  #fail(reason: string, where: string): undefined {
    this.#fault ??= new SchemaFault(reason, where);
  }
}
