import { availableParallelism } from "node:os";
import {
  type Contested,
  type Data,
  decidedPlace,
  type ExplainedPlace,
  Explaining,
  inOrder,
  namesOfPointer,
  pointerOf,
  SinterError,
  type Synthesis,
  type Violation,
  writeData,
} from "@sinter/core";
import type { Delimiter } from "../csv/csv.js";
import { contestedListedMax, contestedPerPassMax } from "../limits.js";
import { composed } from "../names.js";
import { type ProtoSource, readProtoFiles } from "../protobuf/proto-files.js";
import { ContestedCount, type ContestedCounts } from "./contested-count.js";
import { type CheckLaws, importTypes } from "./custom-types.js";
import { explainShare, type Gathering, type RefusedPart } from "./gathered-share.js";
import { formatsOf, inputOf, type PassedFile, type Reading } from "./parts.js";
import { type PlaceOfFiles, withFiles } from "./place-of-files.js";
import { compileRules, type RulesPaths, readRules, ruled } from "./rules-files.js";
import { gatherAll } from "./shared-out.js";

// A folder of fragments, one document.

export interface DirectoryOptions extends RulesPaths {
  readonly inputDir: string;
  /** What binary fragments are. */
  readonly proto?: (ProtoSource & { readonly message: string }) | undefined;
  /** Between the fields of `.csv`: a comma, where left out. */
  readonly delimiter?: Delimiter | undefined;
  /** Threads that read, where there is much to read: as many as there are cores, where left out. */
  readonly jobs?: number | undefined;
  /** What is worth a thread. */
  readonly shareBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly checkLaws: CheckLaws;
  progress?(progress: { readonly files: number; readonly of: number }): void;
}

export async function synthesizeDirectory(options: DirectoryOptions): Promise<DirectorySynthesis> {
  const { inputDir, proto, delimiter, signal, jobs = availableParallelism(), shareBytes } = options;
  const source = readRules(options);
  for (const custom of source.customs) await options.checkLaws(custom);
  const rules = compileRules(source, await importTypes(source.customs));
  const messages = proto === undefined ? undefined : { files: readProtoFiles(proto), message: proto.message };
  const reading: Reading = { messages, delimiter };
  const formats = formatsOf(reading);
  const { files, skipped, unreadable } = inputOf(inputDir, formats);
  let read = 0;
  const progress = (more: number) => options.progress?.({ files: (read += more), of: files.length });
  const gathering: Gathering = { rules, formats, files, threads: jobs, signal };
  const gather = (more: Partial<Gathering> = {}) => gatherAll({ ...gathering, ...more }, { jobs, source, reading, shareBytes });
  const { synthesis, refused } = await gather({ progress });
  const all = [...unreadable.map(({ path, reason }) => ({ id: path, file: path, pointer: "", expected: reason, found: "" })), ...refused];
  const again = async () => (await gather()).synthesis;
  return new DirectorySynthesis(gathering, { synthesis, refused: all, skipped, again });
}

interface Gathered {
  readonly synthesis: Synthesis;
  /** The same once more, from the files. */
  readonly again: () => Promise<Synthesis>;
  readonly refused: readonly RefusedPart[];
  readonly skipped: readonly PassedFile[];
}

export class DirectorySynthesis {
  /** How many count. */
  readonly fragments: number;
  readonly refused: readonly RefusedPart[];
  /** Files that are no fragments. */
  readonly skipped: readonly PassedFile[];
  /** The document; missing, where nothing is said. Its objects have no prototype. */
  readonly state: Data | undefined;
  readonly contested: ContestedCounts;
  readonly violations: readonly Violation[];
  readonly #gathering: Gathering;
  readonly #again: () => Promise<Synthesis>;
  #pieces: readonly Uint8Array[] | undefined;

  constructor(gathering: Gathering, { synthesis, refused, skipped, again }: Gathered) {
    this.#gathering = gathering;
    this.#again = again;
    this.fragments = synthesis.fragments;
    this.refused = refused;
    this.skipped = skipped;
    const contested = new ContestedCount();
    this.state = ruled(() => synthesis.finish(contested.take));
    this.contested = contested.counts();
    this.violations = this.state === undefined ? [] : (gathering.rules.schema?.check(this.state, "document") ?? []);
  }

  /** The document in its canonical form, in pieces of whole characters; none, where nothing is said. */
  pieces(): readonly Uint8Array[] {
    if (this.#pieces !== undefined) return this.#pieces;
    const pieces: Uint8Array[] = [];
    if (this.state !== undefined) writeData(this.state, (piece) => pieces.push(piece));
    this.#pieces = pieces;
    return pieces;
  }

  /** Who says what at places of the document, what counts of it and why: for each its answer, `undefined` where nobody says anything. */
  async explain(pointers: readonly string[]): Promise<(PlaceOfFiles | undefined)[]> {
    if (pointers.length === 0) return [];
    const { rules } = this.#gathering;
    const places = pointers.map((pointer) => {
      const names = namesOfPointer(pointer);
      if (names === undefined) throw new SinterError("usage", `${pointer} is no JSON pointer`, 'Write it like "/services/api/replicas".');
      return decidedPlace(names, { plan: rules.plan, document: this.state, nameOf: composed });
    });
    const told = await this.#explained(places);
    const files = new Map(this.#gathering.files.map((file) => [file.path, file]));
    const found: (PlaceOfFiles | undefined)[] = [];
    for (const { pointer, names } of places) {
      const place = told.find((each) => each.pointer === pointerOf(pointer));
      found.push(place === undefined ? undefined : await withFiles(place, { names, files, gathering: this.#gathering }));
    }
    return found;
  }

  /** Every place where not all that is said counts, in the order of the document. Nothing is kept for it: the fragments are read again,
   * several times where there are very many such places. */
  async *conflicts(): AsyncGenerator<ExplainedPlace> {
    if (this.contested.count > contestedListedMax)
      throw new SinterError("too-large", `more than ${contestedListedMax} conflicts cannot be listed`, "See single ones with --explain.");
    const contested: Contested[] = [];
    (await this.#again()).finish((_outcome, place) => contested.push(place()));
    const places = inOrder(contested);
    for (let from = 0; from < places.length; from += contestedPerPassMax)
      yield* await this.#explained(places.slice(from, from + contestedPerPassMax));
  }

  async #explained(places: readonly Pick<Contested, "pointer" | "names">[]): Promise<ExplainedPlace[]> {
    const explaining = new Explaining(this.#gathering.rules, places);
    await explainShare(this.#gathering, explaining);
    return explaining.explanations();
  }
}
