import type { Rule, Source } from "../sources.js";
import { lineAt } from "../syntax.js";

// A page never names a path, script or command that does not exist. Looked at is what stands in code (`…` and blocks)
// and where links lead. The changelog tells of what was, so it may.

const topFolders = "packages|tidy|docs|scripts|bench|vectors|mutants|\\.ci";
const pathPattern = new RegExp(`^(?:\\./)?((?:${topFolders})(?:/[\\w.@*<>{},…-]+)*/?|[A-Z]+\\.md|[\\w.]+\\.(?:json|config\\.ts))$`);
const builtIn = new Set(["ci", "install", "pack", "help", "exec", "login", "publish"]);

interface Piece {
  readonly text: string;
  readonly offset: number;
}

export const truthfulDocs: Rule = (sources) => {
  const paths = sources.map(({ path }) => path);
  const scripts = scriptNames(sources);
  const commands = commandNames(sources);
  return sources
    .filter(({ path }) => path.endsWith(".md") && path !== "CHANGELOG.md")
    .flatMap((source) => {
      const at = (piece: Piece, what: string) => ({ path: source.path, line: lineAt(source.text, piece.offset), what });
      const code = codeOf(source.text);
      const named = words(code).filter(({ text }) => pathPattern.test(text));
      const lost = [...named, ...linksOf(source)].filter(({ text }) => leadsNowhere(text, paths));
      const unknown = code.flatMap((piece) => {
        const npm = [...piece.text.matchAll(/\bnpm (?:--?[\w-]+ )*(?:run (?:-s |--silent )?)?(test|start|[\w:.-]+)/g)].map(
          (match) => match[1] as string,
        );
        const own = [...piece.text.matchAll(/^(?:\$ )?(?:\.\/|npx )?sinter ([a-z][a-z-]*)/gm)].map((match) => match[1] as string);
        return [
          ...npm.filter((name) => !scripts.has(name) && !builtIn.has(name)).map((name) => at(piece, `no script npm run ${name}`)),
          ...own.filter((name) => !commands.has(name) && name !== "help").map((name) => at(piece, `no command sinter ${name}`)),
        ];
      });
      return [...lost.map((word) => at(word, `no such path: ${word.text}`)), ...unknown];
    });
};

function codeOf(text: string): Piece[] {
  const blocks = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)];
  const masked = blocks.reduce((rest, block) => rest.replace(block[0], (all) => all.replace(/[^\n]/g, " ")), text);
  const spans = [...masked.matchAll(/`([^`\n]+)`/g)];
  return [...blocks, ...spans].map((match) => ({ text: match[1] as string, offset: match.index }));
}

function words(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap(({ text, offset }) => text.split(/[\s"'()]+/).map((word) => ({ text: word.replace(/[.,;:]$/, ""), offset })));
}

function linksOf(source: Source): Piece[] {
  const folder = source.path.includes("/") ? source.path.slice(0, source.path.lastIndexOf("/") + 1) : "";
  return [...source.text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .filter((match) => !/^[a-z]+:/.test(match[1] as string))
    .map((match) => ({
      text: new URL((match[1] as string).replace(/\/$/, ""), `file:///${folder}`).pathname.slice(1),
      offset: match.index,
    }));
}

/** `*`, `<name>` and `…` in a path stand for anything. What is built or installed is not ours to find. */
function leadsNowhere(word: string, paths: readonly string[]): boolean {
  const plain = word.replace(/^\.\//, "").replace(/:\d+$/, "").replace(/\/$/, "");
  if (/(^|\/)(dist|node_modules|coverage)(\/|$)/.test(plain)) return false;
  const pattern = plain.replace(/[.+?^$()|[\]\\]/g, "\\$&").replace(/\*+|<[^>]+>|\{[^}]+\}|…/g, ".*");
  const found = new RegExp(`^${pattern}(/|$)`);
  return !paths.some((path) => found.test(path));
}

function scriptNames(sources: readonly Source[]): Set<string> {
  const manifests = sources.filter(({ path }) => /(^|\/)package\.json$/.test(path));
  return new Set(manifests.flatMap(({ text }) => Object.keys((JSON.parse(text) as { scripts?: object }).scripts ?? {})));
}

/** What the command line defines by `.command("name …")`. */
function commandNames(sources: readonly Source[]): Set<string> {
  const cli = sources.filter(({ path }) => path.startsWith("packages/cli/src/"));
  return new Set(
    cli.flatMap(({ text }) => [...text.matchAll(/(?:\.command|new Command)\(\s*["'`]([a-z][a-z-]*)/g)].map((match) => match[1] as string)),
  );
}
