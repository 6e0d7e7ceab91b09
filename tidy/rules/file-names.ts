import { baseName, folderOf, type Rule } from "../sources.js";

// Names say what is inside: kebab-case, and none of the names under which everything ends up.

const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const emptyNames = new Set(["util", "utils", "helper", "helpers", "common", "shared", "misc", "types", "lib"]);
const ours = /^(packages\/[^/]+\/(src|fixtures|scenarios)|tidy|scripts|mutants|bench|docs|vectors)\//;

export const fileNames: Rule = (sources) =>
  sources
    .filter(({ path }) => ours.test(path))
    .flatMap(({ path }) => {
      const name = baseName(path);
      const parts = [...folderOf(path).split("/"), name.split(".")[0] as string];
      const empty = parts.find((part) => emptyNames.has(part));
      const odd = [...folderOf(path).split("/"), name].find((part) => !kebab.test(part) && !/^[A-Z]+\.md$/.test(part));
      return [
        ...(empty === undefined ? [] : [{ path, line: 0, what: `"${empty}" says nothing; name it after what is inside` }]),
        ...(odd === undefined ? [] : [{ path, line: 0, what: `"${odd}" is not kebab-case` }]),
      ];
    });
