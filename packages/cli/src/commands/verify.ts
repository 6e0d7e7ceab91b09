import { createReadStream } from "node:fs";
import { type Decoded, isMalformed, Malformed, type ProvenEvent, parseProofText, portableProofBytesMax, verifyProof } from "@sinter/core";
import { createNodeHasher, Ed25519Verifier } from "sinter";
import { aborted, interrupted } from "../terminal/interruption.js";
import type { Source } from "../terminal/io.js";
import { provenJson, provenLines } from "../terminal/proof-lines.js";
import { printable } from "../terminal/render.js";
import type { Context, Registry } from "./context.js";

interface Flags {
  readonly json?: boolean;
}

/** Four characters carry three bytes; mail may add as much again. */
const TEXT_BYTES_MAX = 3 * portableProofBytesMax;

export function addVerify({ program, context, chosen }: Registry): void {
  program
    .command("verify")
    .summary("check a proof of one event, without a store")
    .description(
      "Checks a proof that sinter prove has printed, from its bytes alone: no store and no network are asked. Shows what is " +
        "proven, or says which link does not hold and exits 1. Compare the author shown with the one you know.",
    )
    .argument("<file>", "the proof, as printed or with --json; - reads standard input")
    .option("--json", "one JSON object, for programs")
    .addHelpText("after", "\nExample:\n  sinter prove team/notes 3f2a9c01 17 | sinter verify -")
    .action((file: string, flags: Flags) => chosen(() => verify(context, file, flags)));
}

async function verify(context: Context, file: string, flags: Flags): Promise<0 | 1> {
  const { io, output, signal } = context;
  const text = await textOf(file === "-" ? io.stdin : createReadStream(file), signal);
  const shown = isMalformed(text) ? text : checked(text);
  if (isMalformed(shown)) {
    const { reason } = shown;
    await (flags.json ? output.json({ holds: false, reason }) : output.line(printable(`does not hold: ${reason}`)));
    return 1;
  }
  if (flags.json) await output.json({ holds: true, ...provenJson(shown) });
  else for (const line of provenLines(shown)) await output.line(line);
  return 0;
}

function checked(text: string): Decoded<ProvenEvent> {
  const bytes = parseProofText(text.trimStart().startsWith("{") ? proofIn(text) : text);
  return isMalformed(bytes) ? bytes : verifyProof(bytes, { hasher: createNodeHasher(), verifier: new Ed25519Verifier() });
}

/** Of what `sinter prove --json` prints. What it says beside the proof is not looked at: the proof says it. */
function proofIn(json: string): string {
  try {
    const value = JSON.parse(json) as { readonly proof?: unknown };
    return typeof value.proof === "string" ? value.proof : "";
  } catch {
    // No JSON either: then it is not a proof, and that is what is told.
    return "";
  }
}

/** All of it, up to more than any proof has. */
async function textOf(source: Source, signal: AbortSignal): Promise<Decoded<string>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const iterator = source[Symbol.asyncIterator]();
  const stopped = aborted(signal);
  for (;;) {
    const next = await Promise.race([iterator.next(), stopped]);
    if (signal.aborted || next === undefined) throw interrupted();
    if (next.done) return Buffer.concat(chunks).toString("utf8");
    length += next.value.length;
    if (length > TEXT_BYTES_MAX) return new Malformed(`it is longer than any proof: ${TEXT_BYTES_MAX} bytes at most`);
    chunks.push(next.value);
  }
}
