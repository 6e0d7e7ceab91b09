import { isCode, type Rule, type Source } from "../sources.js";
import { lineAt, syntaxOf } from "../syntax.js";

// A note for later says when it falls due: `TODO(once brokers are in CI): …`. Without a condition it stays for ever.

const note = /\b(TODO|FIXME|XXX|HACK)\b(?!\((?:once|when|if|until) [^)]{3,}\): \S)/;

export const leftovers: Rule = (sources) =>
  sources.flatMap((source) => {
    const what = "a note without a condition: TODO(once …): …";
    return textsOf(source).flatMap(({ offset, text }) => {
      const found = note.exec(text);
      return found === null ? [] : [{ path: source.path, line: lineAt(source.text, offset + found.index), what }];
    });
  });

function textsOf(source: Source): { readonly offset: number; readonly text: string }[] {
  if (isCode(source.path)) return syntaxOf(source).comments.map(({ start, value }) => ({ offset: start, text: value }));
  if (!source.path.endsWith(".md") || source.path === "CONTRIBUTING.md") return [];
  return [{ offset: 0, text: source.text }];
}
