import { readFileSync } from "node:fs";
import { resolve } from "node:path";

// Changes one place of one source in memory while tests run, when SINTER_MUTANT_EDIT names the change as JSON:
// {"file","find","replace"}. The file on disk is never touched, so mutants can run while somebody edits.

export function mutantPlugin(root, edit = process.env.SINTER_MUTANT_EDIT) {
  if (edit === undefined || edit === "") return [];
  const { file, find, replace } = JSON.parse(edit);
  const target = resolve(root, file);
  const mutated = mutate(readFileSync(target, "utf8"), { find, replace });
  return [{ name: "sinter-mutant", enforce: "pre", load: (id) => (id.split("?")[0] === target ? mutated : null) }];
}

export function mutate(text, { find, replace }) {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`the text to change must occur exactly once, and occurs ${parts.length - 1} times: ${find}`);
  return parts.join(replace);
}
