import { arrows } from "./rules/arrows.js";
import { booleanArguments } from "./rules/boolean-arguments.js";
import { boundsInLimits } from "./rules/bounds-in-limits.js";
import { changelog } from "./rules/changelog.js";
import { coreGlobals } from "./rules/core-globals.js";
import { corePurity } from "./rules/core-purity.js";
import { fileNames } from "./rules/file-names.js";
import { leftovers } from "./rules/leftovers.js";
import { lockfiles } from "./rules/lockfiles.js";
import { noAny } from "./rules/no-any.js";
import { noCycles } from "./rules/no-cycles.js";
import { sizes } from "./rules/sizes.js";
import { swallowedErrors } from "./rules/swallowed-errors.js";
import { testBesideSource } from "./rules/test-beside-source.js";
import { testWaiting } from "./rules/test-waiting.js";
import { truthfulDocs } from "./rules/truthful-docs.js";
import { unreferenced } from "./rules/unreferenced.js";
import type { Rule } from "./sources.js";

/** The rules of the house, by what a test of them is called. There is no list of exceptions. */
export const rules: Readonly<Record<string, Rule>> = {
  "imports go down": arrows,
  "imports never go in a circle": noCycles,
  "names say what is inside, in kebab-case": fileNames,
  "tests lie beside what they test": testBesideSource,
  "core takes time, chance and the world through ports": corePurity,
  "core's wall has no holes but those declared": coreGlobals,
  "files and functions stay small": sizes,
  "no boolean is passed by position": booleanArguments,
  "no any": noAny,
  "bounds are in limits.ts": boundsInLimits,
  "no error is dropped without a word": swallowedErrors,
  "tests wait for conditions and draw from seeds": testWaiting,
  "notes for later have a condition": leftovers,
  "pages name only what exists": truthfulDocs,
  "the version has an entry in the changelog": changelog,
  "lockfiles carry no download addresses": lockfiles,
  "nothing lies about": unreferenced,
};
