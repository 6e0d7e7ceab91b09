import type { Rule, Source } from "../sources.js";

// One version for the whole house, with an entry that says what a user notices.

export const changelog: Rule = (sources) => {
  const version = versionOf(sources.find(({ path }) => path === "package.json"));
  const text = sources.find(({ path }) => path === "CHANGELOG.md")?.text ?? "";
  const entry = text.split(/^## /m).find((part) => part.startsWith(`${version}\n`) || part.startsWith(`${version} `));
  const apart = sources.filter((source) => /^packages\/[^/]+\/package\.json$/.test(source.path) && versionOf(source) !== version);
  return [
    ...(entry !== undefined && entry.trim().split("\n").length > 1
      ? []
      : [{ path: "CHANGELOG.md", line: 0, what: `no entry for version ${version}` }]),
    ...apart.map(({ path }) => ({ path, line: 0, what: `another version than the root's ${version}` })),
  ];
};

function versionOf(source: Source | undefined): string {
  return (JSON.parse(source?.text ?? "{}") as { version?: string }).version ?? "none";
}
