import { dirname, isAbsolute, resolve, sep } from "node:path";
import { SinterError } from "@sinter/core";
import { linksMax } from "../limits.js";
import type { FileSystem, Found, Permissions } from "./file-system.js";
import { atPlace } from "./system-fault.js";

// Where a document goes: a file, or a place for one.

export interface Target {
  readonly path: string;
  readonly dir: string;
  /** Of the file that is there; undefined where there is none. */
  readonly permissions: Permissions | undefined;
}

/** A link stays, and what it leads to is the target: a file there, or a place for one. */
export async function targetAt(files: FileSystem, written: string): Promise<Target> {
  let path = resolve(written);
  for (let links = 0; links <= linksMax; links++) {
    const found = await look(files, path);
    if (found === undefined) return { path, dir: dirname(path), permissions: undefined };
    if (found.kind === "file") return { path, dir: dirname(path), permissions: found.permissions };
    // A device or a pipe would be gone: a file would stand in its place.
    if (found.kind !== "link") throw noFile(path, found.kind === "directory" ? "a directory" : "no file");
    path = beside(path, found.leadsTo as string);
  }
  throw new SinterError("usage", `${written} is a link that leads in a circle`, "Name the file itself, or remove the link.");
}

async function look(files: FileSystem, path: string): Promise<Found | undefined> {
  return await atPlace({ path, dir: dirname(path) }, () => files.look(path));
}

function noFile(path: string, what: string): SinterError {
  return new SinterError("exists", `${path} is ${what}`, "Name a file for the document.");
}

/** Without working out "..", which may stand behind another link. */
function beside(path: string, leadsTo: string): string {
  return isAbsolute(leadsTo) ? leadsTo : `${dirname(path)}${sep}${leadsTo}`;
}
