import { availableParallelism } from "node:os";
import {
  type Contested,
  type Data,
  type ExplainedPlace,
  Explaining,
  inOrder,
  namesOfPointer,
  placeOf,
  pointerOf,
  SinterError,
  type Synthesis,
  type Violation,
  writeData,
} from "@sinter/core";
import type { Delimiter } from "../csv/csv.js";
import { contestedListedMax, contestedPerPassMax } from "../limits.js";
import { type ProtoSource, readProtoFiles } from "../protobuf/proto-files.js";
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
  const gathering: Gathering = { rules, formats, files, signal };
  const { synthesis, refused } = await gatherAll({ ...gathering, progress }, { jobs, source, reading, shareBytes });
  const all = [...unreadable.map(({ path, reason }) => ({ id: path, file: path, pointer: "", expected: reason, found: "" })), ...refused];
  return new DirectorySynthesis(gathering, { synthesis, refused: all, skipped });
}

interface Gathered {
  readonly synthesis: Synthesis;
  readonly refused: readonly RefusedPart[];
  readonly skipped: readonly PassedFile[];
}

/** Where not all that is said counts. */
export interface ContestedCounts {
  readonly count: number;
  readonly unresolved: number;
  /** Where nothing may be published because of it. */
  readonly stopped: number;
  /** The first few, as JSON pointers; those that stop everything before others. */
  readonly first: readonly string[];
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
  readonly #places: readonly Contested[];

  constructor(gathering: Gathering, { synthesis, refused, skipped }: Gathered) {
    this.#gathering = gathering;
    this.fragments = synthesis.fragments;
    this.refused = refused;
    this.skipped = skipped;
    const contested = new ContestedPlaces();
    this.state = ruled(() => synthesis.finish((outcome, place) => contested.take(outcome, place)));
    this.contested = contested.counts();
    this.#places = contested.places;
    this.violations = this.state === undefined ? [] : (gathering.rules.schema?.check(this.state, "document") ?? []);
  }

  /** The document in its canonical form, in pieces; none, where nothing is said. */
  pieces(): readonly string[] {
    const pieces: string[] = [];
    if (this.state !== undefined) writeData(this.state, (piece) => pieces.push(piece));
    return pieces;
  }

  /** Who says what at places of the document, what counts of it and why: for each its answer, `undefined` where nobody says anything. */
  async explain(pointers: readonly string[]): Promise<(PlaceOfFiles | undefined)[]> {
    if (pointers.length === 0) return [];
    const { rules } = this.#gathering;
    const places = pointers.map((pointer) => {
      const names = namesOfPointer(pointer);
      if (names === undefined) throw new SinterError("usage", `${pointer} is no JSON pointer`, 'Write it like "/services/api/replicas".');
      return placeOf(names, rules, this.state);
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

  /** Every place where not all that is said counts, in the order of the document. The fragments are read again, several times where
   * there are very many such places. */
  async *conflicts(): AsyncGenerator<ExplainedPlace> {
    if (this.#places.length < this.contested.count)
      throw new SinterError("too-large", `more than ${contestedListedMax} conflicts cannot be listed`, "See single ones with --explain.");
    for (let from = 0; from < this.#places.length; from += contestedPerPassMax)
      yield* await this.#explained(this.#places.slice(from, from + contestedPerPassMax));
  }

  async #explained(places: readonly Pick<Contested, "pointer" | "names">[]): Promise<ExplainedPlace[]> {
    const explaining = new Explaining(this.#gathering.rules, places);
    await explainShare(this.#gathering, explaining);
    return explaining.explanations();
  }
}

const FIRST = 5;

class ContestedPlaces {
  #places: Contested[] = [];
  #count = 0;
  #unresolved = 0;
  #stopped = 0;

  take(outcome: Contested["outcome"], place: () => Contested): void {
    this.#count++;
    if (outcome === "unresolved") this.#unresolved++;
    if (outcome === "stopped") this.#stopped++;
    if (this.#places.length < contestedListedMax) this.#places.push(place());
  }

  get places(): readonly Contested[] {
    return this.#places;
  }

  counts(): ContestedCounts {
    this.#places = inOrder(this.#places);
    const stopping = this.#places.filter(({ outcome }) => outcome === "stopped");
    const first = (stopping.length > 0 ? stopping : this.#places).slice(0, FIRST).map(({ pointer }) => pointerOf(pointer));
    return { count: this.#count, unresolved: this.#unresolved, stopped: this.#stopped, first };
  }
}
