import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "./sources.js";

// Our files as they lie on disk: all but what .gitignore names. It does without git, so that the rules hold in an
// unpacked archive too.

const sourceBytesMost = 2 * 1024 * 1024;

export function readProject(root: string): Source[] {
  const ignored = ignoredNames(readFileSync(join(root, ".gitignore"), "utf8"));
  return listFiles(root, "", ignored).map((path) => ({ path, text: textOf(join(root, path)) }));
}

/** The forms .gitignore uses here: `name`, `name/` and `*.ending`. */
export function ignoredNames(gitignore: string): (name: string) => boolean {
  const lines = gitignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const names = new Set(lines.map((line) => line.replace(/\/$/, "")));
  const endings = lines.filter((line) => line.startsWith("*")).map((line) => line.slice(1));
  return (name) => name === ".git" || names.has(name) || endings.some((ending) => name.endsWith(ending));
}

function listFiles(root: string, folder: string, ignored: (name: string) => boolean): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((left, right) => (left.name < right.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (ignored(entry.name)) return [];
    return entry.isDirectory() ? listFiles(root, path, ignored) : entry.isFile() ? [path] : [];
  });
}

/** Databases and other large fixtures count by their name alone. */
function textOf(path: string): string {
  const bytes = readFileSync(path);
  return bytes.length > sourceBytesMost || bytes.includes(0) ? "" : bytes.toString("utf8");
}
