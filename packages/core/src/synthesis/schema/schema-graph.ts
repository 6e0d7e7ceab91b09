import { SchemaFault } from "./schema-fault.js";
import type { SchemaNode } from "./schema-node.js";

// What is wrong with schemas because of how they lead to one another, and what follows from it.

/** A schema that is applied to the same value again and again. */
export function loopFault(nodes: readonly SchemaNode[]): SchemaFault | undefined {
  const state = new Map<SchemaNode, "under way" | "done">();
  for (const root of nodes) {
    const path: { readonly node: SchemaNode; readonly left: SchemaNode[] }[] = [];
    const enter = (node: SchemaNode) => {
      state.set(node, "under way");
      path.push({ node, left: [...node.same, ...node.branches.map((each) => each.node)] });
    };
    if (!state.has(root)) enter(root);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = last.left.pop();
      if (next === undefined) {
        state.set(last.node, "done");
        path.pop();
      } else if (state.get(next) === "under way")
        return new SchemaFault("it leads back to itself for the same value, without end", next.where);
      else if (!state.has(next)) enter(next);
    }
  }
  return undefined;
}

/** Schemas that hold at some place of every document, whatever its values are. */
export function certainNodes(root: SchemaNode): ReadonlySet<SchemaNode> {
  const certain = new Set([root]);
  for (const node of certain) for (const next of certainlyNext(node)) certain.add(next);
  return certain;
}

/** How values are merged may depend on where they are, not on what they are. */
export function apartMergeFault(certain: ReadonlySet<SchemaNode>): SchemaFault | undefined {
  const because = new Map<SchemaNode, string>();
  for (const node of certain) for (const each of [...node.branches, ...node.apart]) because.set(each.node, each.keyword);
  for (const [node, keyword] of because) {
    if (node.merge !== undefined) {
      const reason = `"x-merge" does not count below "${keyword}", where it would depend on the value: say it beside, or below "properties", "items", "allOf" and the like`;
      return new SchemaFault(reason, `${node.where}/x-merge`);
    }
    const next = [...certainlyNext(node), ...[...node.branches, ...node.apart].map((each) => each.node)];
    for (const each of next) if (!because.has(each)) because.set(each, keyword);
  }
  return undefined;
}

/** Those that say something about merging, and those that lead to one which does. */
export function mergingNodes(certain: ReadonlySet<SchemaNode>): ReadonlySet<SchemaNode> {
  const before = new Map<SchemaNode, SchemaNode[]>();
  for (const node of certain) for (const next of certainlyNext(node)) before.set(next, [...(before.get(next) ?? []), node]);
  const merging = new Set([...certain].filter(({ merge }) => merge !== undefined));
  for (const node of merging) for (const each of before.get(node) ?? []) merging.add(each);
  return merging;
}

function certainlyNext({ same, fields, patterns, rest, element }: SchemaNode): SchemaNode[] {
  const others = [rest, element].filter((node) => node !== undefined);
  return [...same, ...fields.values(), ...patterns.map(({ node }) => node), ...others];
}
