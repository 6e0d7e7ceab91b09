import type { Rules } from "@sinter/core";
import { type Explaining, pointerOf, prepare, RefusedFragment, Synthesis } from "@sinter/core";
import { FormatFault } from "../format.js";
import type { FormatOptions } from "../formats.js";
import { filesToRead } from "./files-to-read.js";
import { type FragmentPart, type InputFile, readParts, type TakePart } from "./parts.js";

// Some of the files, gathered. A large input is shared out over threads, each of which does this with its share.

/** A fragment that does not count, and why. */
export interface RefusedPart {
  readonly id: string;
  readonly file: string;
  readonly line?: number | undefined;
  /** Where in what was read: a JSON pointer. */
  readonly pointer: string;
  readonly expected: string;
  readonly found: string;
}

export interface Gathering {
  readonly rules: Rules;
  readonly formats: FormatOptions;
  readonly files: readonly InputFile[];
  /** How many there may be, with this one; one where left out. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** So many files more are read. */
  progress?(files: number): void;
}

export interface GatheredShare {
  readonly synthesis: Synthesis;
  readonly refused: readonly RefusedPart[];
}

export async function gatherShare(gathering: Gathering): Promise<GatheredShare> {
  const synthesis = new Synthesis(gathering.rules);
  const refused: RefusedPart[] = [];
  await eachPart(gathering, (part) => {
    const { id, content } = part;
    if (content instanceof FormatFault) return refused.push(unreadable(part, content));
    const refusal = synthesis.add({ id, origin: part.file.path }, content);
    return refusal === undefined ? undefined : refused.push(refusedPart(part, refusal));
  });
  return { synthesis, refused };
}

/** The same files once more, for explanations. */
export async function explainShare(gathering: Gathering, explaining: Explaining): Promise<void> {
  await eachPart(gathering, ({ id, file, content }) => {
    if (content instanceof FormatFault) return;
    const prepared = prepare(gathering.rules, { id, origin: file.path }, content);
    if (!(prepared instanceof RefusedFragment)) explaining.add(prepared);
  });
}

/** Others have their turn after so long. */
const TURN_MS = 20;

async function eachPart(gathering: Gathering, take: TakePart): Promise<void> {
  const { formats, signal, progress } = gathering;
  let since = performance.now();
  let read = 0;
  const isTurnOver = () => performance.now() - since >= TURN_MS;
  const pause = async () => {
    progress?.(read);
    read = 0;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    since = performance.now();
  };
  signal?.throwIfAborted();
  for await (const files of filesToRead(gathering)) {
    for (const file of files) {
      const pieces = readParts(file, formats, take);
      if (pieces !== undefined) for await (const _piece of pieces) if (isTurnOver()) await pause();
      read++;
      if (isTurnOver()) await pause();
    }
  }
  progress?.(read);
}

function unreadable({ id, file, line }: FragmentPart, fault: FormatFault): RefusedPart {
  return { id, file: file.path, line: fault.line ?? line, pointer: "", expected: fault.reason, found: "" };
}

function refusedPart({ id, file, line, lineOf }: FragmentPart, { names, expected, found }: RefusedFragment): RefusedPart {
  return { id, file: file.path, line: lineOf?.(names) ?? line, pointer: pointerOf(names), expected, found };
}
