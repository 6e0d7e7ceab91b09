import { coreFloors, innerFloors, packages } from "../floors.js";
import { allImports, type Import } from "../imports.js";
import { baseName, type Finding, isShipped, type Rule, roomOf } from "../sources.js";

// Imports go down: between packages, between the floors of core, and never in a circle between the folders of another
// package. A test may look at every floor; what ships may not. Nobody imports the index of the own package.

export const arrows: Rule = (sources) => {
  const imports = allImports(sources);
  return [
    ...imports.filter((each) => isShipped(each.from)).flatMap((each) => [...acrossPackages(each), ...acrossFloors(each)]),
    ...imports.flatMap(ownIndex),
  ];
};

function acrossPackages(each: Import): Finding[] {
  const { room } = roomOf(each.from) as { room: string };
  const known = packages[room];
  if (known === undefined) return [finding(each, `the package ${room} is not in tidy/floors.ts`)];
  if (each.specifier.startsWith(".")) {
    const target = each.to === undefined ? undefined : roomOf(each.to);
    if (each.to === undefined) return [finding(each, `leads to no file of ours: ${each.specifier} (imports end in .js)`)];
    return target?.room === room ? [] : [finding(each, "leaves its package by a relative path; import the package by name")];
  }
  const ours = Object.values(packages).find(({ name }) => each.specifier === name || each.specifier.startsWith(`${name}/`));
  if (ours !== undefined) return known.may.includes(ours.name) ? [] : [finding(each, `${known.name} may not import ${ours.name}`)];
  return known.environment === "pure" ? [finding(each, `${known.name} is pure: ${each.specifier} comes in through a port`)] : [];
}

function acrossFloors(each: Import): Finding[] {
  const from = roomOf(each.from);
  const to = each.to === undefined ? undefined : roomOf(each.to);
  if (from?.room !== "core" || to?.room !== "core") return [];
  const [folder, within] = from.inside.split("/").slice(0, -1);
  const [target, targetWithin] = to.inside.split("/").slice(0, -1);
  if (folder === undefined) return [];
  if (target === undefined) return [finding(each, "a floor of core imports nothing from the root of src")];
  if (folder !== target) return down(each, coreFloors, { from: folder, to: target });
  const inner = innerFloors[folder];
  if (inner === undefined || within === targetWithin) return [];
  if (within === undefined || targetWithin === undefined)
    return [finding(each, `${folder} has floors of its own; a file stands on one of them`)];
  return down(each, inner, { from: within, to: targetWithin });
}

function down(
  each: Import,
  floors: Readonly<Record<string, number>>,
  { from, to }: { readonly from: string; readonly to: string },
): Finding[] {
  const [floor, below] = [floors[from], floors[to]];
  if (floor === undefined) return [finding(each, `the folder ${from} is not in tidy/floors.ts`)];
  return below !== undefined && below < floor
    ? []
    : [finding(each, `${from} (floor ${floor}) imports ${to} (floor ${below ?? "unknown"}); arrows go down`)];
}

function ownIndex(each: Import): Finding[] {
  const from = roomOf(each.from);
  if (from === undefined || /^index(\..+)?\.test\.ts$/.test(baseName(each.from))) return [];
  const self = packages[from.room]?.name;
  const leads = each.specifier === self || each.to === `packages/${from.room}/src/index.ts`;
  return leads ? [finding(each, "imports the index of its own package; import the file itself")] : [];
}

function finding(each: Import, what: string): Finding {
  return { path: each.from, line: each.line, what };
}
