import { type AnyDefinedMerge, SinterError } from "@sinter/core";
import { type CustomSource, customKey } from "./rules-files.js";

// Merge types of the user's own, from the modules that rules name.

/** Puts a type through the laws, in a thread of its own; throws where it breaks one. */
export type CheckLaws = (source: CustomSource) => Promise<void>;

export async function importTypes(customs: readonly CustomSource[]): Promise<ReadonlyMap<string, AnyDefinedMerge>> {
  const types = new Map<string, AnyDefinedMerge>();
  for (const custom of customs) types.set(customKey(custom), await importType(custom));
  return types;
}

async function importType({ module, type }: CustomSource): Promise<AnyDefinedMerge> {
  const exported: Readonly<Record<string, unknown>> = await import(module).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SinterError("not-found", `${module} cannot be imported: ${reason}`, "See that the strategies name it right.", { cause });
  });
  const types = Object.entries(exported).filter((entry): entry is [string, AnyDefinedMerge] => isDefined(entry[1]));
  const meant = types.filter(([name, { definition }]) => type === undefined || type === name || type === definition.name);
  const distinct = new Set(meant.map(([, each]) => each));
  const [found] = distinct;
  if (found !== undefined && distinct.size === 1) return found;
  const there = types.map(([, { definition }]) => definition.name).join(", ") || "none";
  const what = type === undefined ? "one merge type" : `one merge type ${type}`;
  throw new SinterError(
    "usage",
    `${module} has to export ${what}; there are: ${there}`,
    'Name it: {"strategy":"custom","module":"…","type":"…"}.',
  );
}

function isDefined(value: unknown): value is AnyDefinedMerge {
  return typeof value === "object" && value !== null && "definition" in value && "writeItem" in value;
}
