import { registrationRunsMax, SinterError } from "@sinter/core";
import {
  type CustomSource,
  type DirectoryOptions,
  type DirectorySynthesis,
  synthesizeDirectory as synthesizeFolder,
} from "@sinter/pipeline";
import { checkLaws } from "./laws.js";

// `sinter/synthesis`: many fragments that contradict each other, one document.

export type {
  CompiledSchema,
  Data,
  ExplainedPlace,
  Fragment,
  RefusedFragment,
  SchemaDocuments,
  SynthesisOptions,
  Synthesized,
} from "@sinter/core";
export { compileSchema, differenceLines, differences, SchemaFault, strategyNames, synthesize, textOfData, writeData } from "@sinter/core";
export type { DirectorySynthesis, PlaceOfFiles, RefusedPart, ToldByFile } from "@sinter/pipeline";
export { compareWithPublished, directoryChanges, publish, readPublished } from "@sinter/pipeline";

/** A folder of fragments. Merge types of the user's own that the strategies name are put through the laws first. */
export function synthesizeDirectory(options: Omit<DirectoryOptions, "checkLaws">): Promise<DirectorySynthesis> {
  return synthesizeFolder({ ...options, checkLaws: lawful });
}

/** Always the same histories: whether a type is taken must not depend on the day. */
const SEED = 1;

async function lawful({ module, type }: CustomSource): Promise<void> {
  const reports = await checkLaws(module, { runs: registrationRunsMax, seed: SEED, ...(type === undefined ? {} : { type }) });
  for (const report of reports) {
    if (report.verdict === "lawful") continue;
    const told = report.lines.join("; ");
    throw new SinterError(
      "lawless",
      `the strategy ${report.type} breaks a law (${report.law}): ${told}`,
      `Mend it; sinter laws ${module} tells more.`,
    );
  }
}
