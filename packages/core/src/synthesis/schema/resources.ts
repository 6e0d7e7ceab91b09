import { jsonDepthMax, schemasMax } from "../../bytes/limits.js";
import { type Data, type DataObject, isDataObject } from "../data.js";
import { namesOfPointer, pointerOf } from "../pointer.js";
import { SchemaFault } from "./schema-fault.js";
import { isAbsolute, resolveUri, splitFragment } from "./uri.js";

// Where schemas are, under all the names they have: the document they were read from, `$id`, `$anchor`, `$dynamicAnchor`, JSON pointers.

/** A schema with a URI of its own: a document, or what has an `$id` within one. */
export interface Resource {
  readonly uri: string;
  readonly root: Place;
  readonly anchors: Map<string, Place>;
  readonly dynamicAnchors: Map<string, Place>;
  /** The resource around it, whose dialect it is written in if it does not say. */
  readonly around: Resource | undefined;
}

/** Where a schema stands. */
export interface Place {
  readonly schema: Data;
  /** `uri#/pointer`, by the document it was read from. */
  readonly where: string;
  readonly resource: Resource;
}

const single = ["additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames"].concat([
  "unevaluatedItems",
  "unevaluatedProperties",
  "contentSchema",
]);
const inLists = ["allOf", "anyOf", "oneOf", "prefixItems"];
const byName = ["$defs", "definitions", "properties", "patternProperties", "dependentSchemas"];

export class Resources {
  readonly faults: SchemaFault[] = [];
  readonly #resources = new Map<string, Resource>();
  readonly #places = new Map<string, Place>();

  constructor(documents: ReadonlyMap<string, Data>) {
    for (const [uri, schema] of documents) {
      const { document } = splitFragment(uri);
      if (!isAbsolute(document)) this.#fault(`${JSON.stringify(uri)} is no absolute URI, as documents are named by`, uri);
      else this.#addResource(schema, `${document}#`, { uri: document, around: undefined, depth: 0 });
    }
  }

  /** Of a whole document, or of what says so by `$id`. */
  resource(uri: string): Resource | undefined {
    return this.#resources.get(uri);
  }

  /** What a reference leads to; or the URI of the document that would have to be given; or, behind "#", what is not there. */
  find(reference: string, from: Resource): Place | { readonly missing: string } | { readonly absent: string } {
    const { document, fragment } = splitFragment(resolveUri(reference, from.uri));
    const resource = this.#resources.get(document);
    if (resource === undefined) return { missing: document };
    const decoded = percentDecoded(fragment);
    if (decoded === undefined) return { absent: `#${fragment}` };
    const found =
      decoded === "" ? resource.root : decoded.startsWith("/") ? this.#pointed(resource, decoded) : resource.anchors.get(decoded);
    return found ?? { absent: `${document}#${fragment}` };
  }

  /** A schema that stands below another. */
  below({ schema, where, resource }: Place, names: readonly string[]): Place {
    let at = schema;
    for (const name of names) at = (at as DataObject)[name] as Data;
    return this.#placeAt(at, `${where}${pointerOf(names)}`, resource);
  }

  #pointed({ root }: Resource, pointer: string): Place | undefined {
    const names = namesOfPointer(pointer);
    if (names === undefined) return undefined;
    let { schema: at, where, resource } = root;
    for (const name of names) {
      if (typeof at !== "object" || at === null || !Object.hasOwn(at, name) || (Array.isArray(at) && !/^(0|[1-9]\d*)$/.test(name)))
        return undefined;
      at = (at as DataObject)[name] as Data;
      where += pointerOf([name]);
      resource = this.#places.get(where)?.resource ?? resource;
    }
    return this.#placeAt(at, where, resource);
  }

  /** A schema may stand where none is looked for: below a keyword that nobody knows. */
  #placeAt(schema: Data, where: string, resource: Resource): Place {
    const known = this.#places.get(where);
    if (known !== undefined) return known;
    this.#scan(schema, where, { resource, depth: 0 });
    return this.#places.get(where) ?? { schema, where, resource };
  }

  #scan(schema: Data, where: string, { resource, depth }: { readonly resource: Resource; readonly depth: number }): void {
    if (!isDataObject(schema)) {
      this.#addPlace({ schema, where, resource });
      return;
    }
    const id = schema["$id"];
    if (Object.hasOwn(schema, "$id") && typeof id === "string" && where !== resource.root.where) {
      const { document, fragment } = splitFragment(resolveUri(id, resource.uri));
      if (fragment !== "")
        this.#fault(`an "$id" names a whole schema, without a fragment: write "$anchor" for ${JSON.stringify(`#${fragment}`)}`, where);
      this.#addResource(schema, where, { uri: document, around: resource, depth });
      return;
    }
    if (!this.#addPlace({ schema, where, resource })) return;
    this.#scanBelow(schema, where, { resource, depth });
  }

  #scanBelow(schema: DataObject, where: string, { resource, depth }: { readonly resource: Resource; readonly depth: number }): void {
    if (depth > jsonDepthMax) return this.#fault(`schemas lie in one another ${jsonDepthMax} deep at most`, where);
    const below = { resource, depth: depth + 1 };
    for (const keyword of Object.keys(schema)) {
      const value = schema[keyword] as Data;
      const at = `${where}${pointerOf([keyword])}`;
      if (single.includes(keyword)) this.#scan(value, at, below);
      else if ((byName.includes(keyword) && isDataObject(value)) || (inLists.includes(keyword) && Array.isArray(value)))
        for (const name of Object.keys(value)) this.#scan((value as DataObject)[name] as Data, `${at}${pointerOf([name])}`, below);
    }
  }

  #addResource(
    schema: Data,
    where: string,
    { uri, around, depth }: { readonly uri: string; readonly around: Resource | undefined; readonly depth: number },
  ): void {
    const own = around === undefined && isDataObject(schema) && Object.hasOwn(schema, "$id") ? schema["$id"] : undefined;
    const named = typeof own === "string" ? splitFragment(resolveUri(own, uri)).document : uri;
    const root = { schema, where } as { schema: Data; where: string; resource: Resource };
    const resource: Resource = { uri: named, root, anchors: new Map(), dynamicAnchors: new Map(), around };
    root.resource = resource;
    for (const name of new Set([uri, named])) {
      const other = this.#resources.get(name);
      if (other === undefined || other.root.where === where) this.#resources.set(name, resource);
      else this.#fault(`${JSON.stringify(name)} is the name of two schemas: the other is ${other.root.where}`, where);
    }
    if (!this.#addPlace(root) || !isDataObject(schema)) return;
    this.#scanBelow(schema, where, { resource, depth });
  }

  #addPlace(place: Place): boolean {
    if (this.#places.size >= schemasMax) {
      if (this.faults.length === 0) this.#fault(`more than ${schemasMax} schemas, which is all that are taken`, place.where);
      return false;
    }
    this.#places.set(place.where, place);
    if (!isDataObject(place.schema)) return true;
    if (Object.hasOwn(place.schema, "$id") && typeof place.schema["$id"] !== "string")
      this.#fault('"$id" is the URI of the schema', place.where);
    for (const keyword of ["$anchor", "$dynamicAnchor"]) {
      if (!Object.hasOwn(place.schema, keyword)) continue;
      const name = place.schema[keyword];
      if (typeof name !== "string" || !/^[A-Za-z_][-A-Za-z0-9._]*$/.test(name))
        this.#fault(`"${keyword}" is a name of letters, digits, "-", "." and "_"`, place.where);
      else this.#addAnchor(place, name, keyword);
    }
    return true;
  }

  #addAnchor(place: Place, name: string, keyword: string): void {
    const { anchors, dynamicAnchors } = place.resource;
    const other = anchors.get(name);
    if (other !== undefined && other.where !== place.where)
      this.#fault(`"#${name}" is the name of two schemas: the other is ${other.where}`, place.where);
    anchors.set(name, place);
    if (keyword === "$dynamicAnchor") dynamicAnchors.set(name, place);
  }

  #fault(reason: string, where: string): void {
    this.faults.push(new SchemaFault(reason, where));
  }
}

function percentDecoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    // A percent sign that stands for nothing: it names no schema.
    return undefined;
  }
}
