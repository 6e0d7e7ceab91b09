import type { Place, Resource } from "./resources.js";

/**
 * Where `$dynamicRef`s lead: of all resources on the way from the root, references followed, the first that has the `$dynamicAnchor`. Which
 * resources those were does not matter otherwise, so scopes that lead to the same are the same.
 */
export class Scope {
  static readonly empty = new Scope(new Map());

  readonly anchors: ReadonlyMap<string, Place>;
  readonly key: string;

  private constructor(anchors: ReadonlyMap<string, Place>) {
    this.anchors = anchors;
    this.key = [...anchors]
      .map(([name, { where }]) => `${name} ${where}\n`)
      .sort()
      .join("");
  }

  entering({ dynamicAnchors }: Resource): Scope {
    const further = [...dynamicAnchors].filter(([name]) => !this.anchors.has(name));
    return further.length === 0 ? this : new Scope(new Map([...this.anchors, ...further]));
  }
}
