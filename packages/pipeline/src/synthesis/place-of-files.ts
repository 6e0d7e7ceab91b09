import { contentPath, type ExplainedPlace, prepare, RefusedFragment, type ToldCandidate } from "@sinter/core";
import { FormatFault } from "../format.js";
import type { Gathering } from "./gathered-share.js";
import { type InputFile, partOf } from "./parts.js";

// What was decided at a place, and where in which file it is said.

export interface PlaceOfFiles extends ExplainedPlace {
  readonly candidates: readonly ToldByFile[];
}

export interface ToldByFile extends ToldCandidate {
  readonly file: string;
  readonly line?: number | undefined;
}

interface Surroundings {
  /** The place, as rules have it. */
  readonly names: readonly string[];
  readonly files: ReadonlyMap<string, InputFile>;
  readonly gathering: Gathering;
}

export async function withFiles(place: ExplainedPlace, around: Surroundings): Promise<PlaceOfFiles> {
  const candidates: ToldByFile[] = [];
  for (const candidate of place.candidates) candidates.push({ ...candidate, ...(await whereOf(candidate.id, around)) });
  return { ...place, candidates };
}

/** The file is read once more. */
async function whereOf(id: string, { names, files, gathering }: Surroundings): Promise<Pick<ToldByFile, "file" | "line">> {
  const found = await partOf(id, files, gathering.formats);
  if (found === undefined || found.content instanceof FormatFault) return { file: id };
  const prepared = prepare(gathering.rules, { id, origin: found.file.path }, found.content);
  const path = prepared instanceof RefusedFragment ? undefined : contentPath(prepared, names, gathering.rules.plan);
  return { file: found.file.path, line: (path === undefined ? undefined : found.lineOf?.(path)) ?? found.line };
}
