import { type AnyDefinedMerge, fromHex, isMalformed, registrationRunsMax, SinterError } from "@sinter/core";
import { checkLaws } from "./laws.js";

/** Always the same histories: whether a type is taken must not depend on the day. */
const SEED = 1;
const DIGEST_BYTES = 32;

/** What an application's type does, once it has passed the laws in a thread of its own. */
export async function lawfulDigest({ name, definition }: AnyDefinedMerge): Promise<Uint8Array> {
  const reports = await checkLaws(definition.source, { type: definition.name, runs: registrationRunsMax, seed: SEED });
  const report = reports.find(({ type }) => type === name || type === definition.name);
  if (report === undefined)
    throw new SinterError(
      "lawless",
      `${definition.source} exports no ${name}`,
      "Let `source` be the import.meta.url of the module that exports it.",
    );
  if (report.verdict === "refused") {
    const told = report.lines.join("; ");
    throw new SinterError(
      "lawless",
      `${name} breaks a law (${report.law}): ${told}`,
      `Mend it; sinter laws ${definition.source} tells more.`,
    );
  }
  const digest = fromHex(report.digest, DIGEST_BYTES);
  if (isMalformed(digest)) throw new Error(`a digest that is none: ${digest.reason}`);
  return digest;
}
