import { createReadStream } from "node:fs";
import { type Decoded, isMalformed, Malformed, portableProofBytesMax } from "@sinter/core";
import { aborted, interrupted } from "../terminal/interruption.js";
import type { Source } from "../terminal/io.js";
import type { Context } from "./context.js";

/** Four characters carry three bytes; mail may add as much again. */
const TEXT_BYTES_MAX = 3 * portableProofBytesMax;

/** The text of a proof, from a file or, for `-`, from standard input: as printed, or what `--json` printed around it. */
export async function proofInput({ io, signal }: Context, file: string): Promise<Decoded<string>> {
  const text = await textOf(file === "-" ? io.stdin : createReadStream(file), signal);
  return !isMalformed(text) && text.trimStart().startsWith("{") ? proofIn(text) : text;
}

/** What it says beside the proof is not looked at: the proof says it. */
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
