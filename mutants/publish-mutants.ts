import type { Mutant } from "./mutant.js";

// Faults of publication: part of the catalogue.

const tests = ["packages/pipeline/src/publish/publish.crash.test.ts"];

export const publishMutants: readonly Mutant[] = [
  {
    name: "publish-unsynced",
    what: "after a loss of power the document's name leads to an empty file, or to half of it",
    file: "packages/pipeline/src/publish/publish.ts",
    find: "      await file.sync();\n      return written;",
    replace: "      return written;",
    tests,
  },
  {
    name: "publish-name-unsynced",
    what: "a document that was said to be published is the one before again after a loss of power",
    file: "packages/pipeline/src/publish/publish.ts",
    find: "if (answer.published) await keep(files, target);",
    replace: "if (answer.published && answer.hash === '') await keep(files, target);",
    tests,
  },
  {
    name: "publish-same-unsynced",
    what: "what a killed process has published is called unchanged, and a loss of power takes it back",
    file: "packages/pipeline/src/publish/publish.ts",
    find: "  await file.sync();\n  await files.syncDirectory(dir);\n",
    replace: "  await file.sync();\n",
    tests,
  },
  {
    name: "publish-removes-the-living",
    what: "what another process is writing is taken away from it",
    file: "packages/pipeline/src/publish/fresh-file.ts",
    find: "return !processes.isRunning(Number(pid));",
    replace: "return Number(pid) > 0;",
    tests: ["packages/pipeline/src/publish/publish.test.ts"],
  },
];
