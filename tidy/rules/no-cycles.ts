import { allImports } from "../imports.js";
import { folderOf, isShipped, type Rule } from "../sources.js";

// No import leads back to where it came from: neither between files, nor between the folders of one package. A folder and
// one inside it count as one: what lies above often assembles what lies below and lends it a word or two.

export const noCycles: Rule = (sources) => {
  const files = new Map<string, Set<string>>();
  const folders = new Map<string, Set<string>>();
  for (const { from, to } of allImports(sources)) {
    if (to === undefined) continue;
    add(files, from, to);
    const [folder, target] = [folderOf(from), folderOf(to)];
    if (isShipped(from) && isShipped(to) && !within(folder, target) && !within(target, folder)) add(folders, folder, target);
  }
  return [...circles(files), ...circles(folders)].map((circle) => ({
    path: circle[0] as string,
    line: 0,
    what: `imports go in a circle: ${circle.join(" → ")}`,
  }));
};

function within(folder: string, outer: string): boolean {
  return folder === outer || folder.startsWith(`${outer}/`);
}

function add(graph: Map<string, Set<string>>, from: string, to: string): void {
  const known = graph.get(from);
  if (known === undefined) graph.set(from, new Set([to]));
  else known.add(to);
}

/** One circle for each edge that closes one, found depth first. */
function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (at: string, way: readonly string[]): void => {
    const start = way.indexOf(at);
    if (start !== -1) found.push([...way.slice(start), at]);
    if (start !== -1 || done.has(at)) return;
    for (const next of graph.get(at) ?? []) visit(next, [...way, at]);
    done.add(at);
  };
  for (const start of graph.keys()) visit(start, []);
  return found;
}
