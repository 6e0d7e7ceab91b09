import { type Decoded, isForkText, isMalformed, parseForkText, parseProofText, verifyFork, verifyProof } from "@sinter/core";
import { createNodeHasher, Ed25519Verifier, loadFalcon } from "sinter";
import { provenForkJson, provenForkLines } from "../terminal/fork-lines.js";
import { provenJson, provenLines } from "../terminal/proof-lines.js";
import { printable } from "../terminal/render.js";
import type { Context, Registry } from "./context.js";
import { proofInput } from "./proof-input.js";

interface Flags {
  readonly json?: boolean;
}

export function addVerify({ program, context, chosen }: Registry): void {
  program
    .command("verify")
    .summary("check a proof of an event or of a fork, without a store")
    .description(
      "Checks a proof that sinter prove or sinter forks has printed, from its bytes alone: no store and no network are asked. " +
        "Shows what is proven, or says which link does not hold and exits 1. Compare the author shown with the one you know.",
    )
    .argument("<file>", "the proof, as printed or with --json; - reads standard input")
    .option("--json", "one JSON object, for programs")
    .addHelpText("after", "\nExample:\n  sinter prove team/notes 3f2a9c01 17 | sinter verify -")
    .action((file: string, flags: Flags) => chosen(() => verify(context, file, flags)));
}

async function verify(context: Context, file: string, flags: Flags): Promise<0 | 1> {
  const { output } = context;
  const text = await proofInput(context, file);
  const shown = isMalformed(text) ? text : await checked(text);
  if (isMalformed(shown)) {
    const { reason } = shown;
    await (flags.json ? output.json({ holds: false, reason }) : output.line(printable(`does not hold: ${reason}`)));
    return 1;
  }
  if (flags.json) await output.json({ holds: true, ...shown.json });
  else for (const line of shown.lines) await output.line(line);
  return 0;
}

interface Shown {
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

async function checked(text: string): Promise<Decoded<Shown>> {
  const tools = { hasher: createNodeHasher(), verifier: new Ed25519Verifier() };
  if (isForkText(text)) {
    const bytes = parseForkText(text);
    const fork = isMalformed(bytes) ? bytes : verifyFork(bytes, tools);
    return isMalformed(fork) ? fork : { json: provenForkJson(fork), lines: provenForkLines(fork) };
  }
  const bytes = parseProofText(text);
  if (isMalformed(bytes)) return bytes;
  const proven = verifyProof(bytes, tools);
  const isAll = isMalformed(proven) || proven.assurance !== "unchecked";
  const event = isAll ? proven : verifyProof(bytes, { ...tools, falcon: await loadFalcon() });
  return isMalformed(event) ? event : { json: provenJson(event), lines: provenLines(event) };
}
