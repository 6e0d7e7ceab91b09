import { type ErrorCode, type PackedSynthesis, SinterError } from "@sinter/core";
import { importTypes } from "./custom-types.js";
import { gatherShare, type RefusedPart } from "./gathered-share.js";
import { formatsOf, type InputFile, type Reading } from "./parts.js";
import { compileRules, type RulesSource } from "./rules-files.js";

// What a thread does that gathers some of the files: it is given what rules are made of, and makes them itself.

export interface ShareTask {
  readonly rules: RulesSource;
  readonly reading: Reading;
  readonly files: readonly InputFile[];
}

export type ShareMessage =
  | { readonly kind: "read"; readonly files: number }
  | { readonly kind: "gathered"; readonly gathered: PackedSynthesis; readonly refused: readonly RefusedPart[] }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string; readonly fix: string };

export async function gatherInThread({ rules, reading, files }: ShareTask, post: (message: ShareMessage) => void): Promise<void> {
  try {
    const compiled = compileRules(rules, await importTypes(rules.customs));
    const progress = (read: number) => post({ kind: "read", files: read });
    const { synthesis, refused } = await gatherShare({ rules: compiled, formats: formatsOf(reading), files, progress });
    post({ kind: "gathered", gathered: synthesis.pack(), refused });
  } catch (error) {
    // Errors lose what they are on the way.
    if (!(error instanceof SinterError)) throw error;
    post({ kind: "failed", code: error.code, message: error.message, fix: error.fix });
  }
}
