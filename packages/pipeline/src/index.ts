// What packages/pipeline gives to the other packages. Nothing inside the package imports this file.
export {
  type DocumentFormat,
  type DocumentPart,
  type Format,
  FormatFault,
  partPath,
  type RecordFormat,
  type RecordReader,
  recordPath,
  type TakeRecord,
} from "./format.js";
export { json } from "./json/json.js";
export { ndjson } from "./json/ndjson.js";
export { type Compared, compareWithPublished, type Published, type PublishOptions, publish } from "./publish/publish.js";
export { readPublished } from "./publish/published-data.js";
export { directoryChanges } from "./synthesis/changes.js";
export type { ContestedCounts } from "./synthesis/contested-count.js";
export type { CheckLaws } from "./synthesis/custom-types.js";
export type { RefusedPart } from "./synthesis/gathered-share.js";
export type { PlaceOfFiles, ToldByFile } from "./synthesis/place-of-files.js";
export type { CustomSource } from "./synthesis/rules-files.js";
export { gatherInThread } from "./synthesis/share-thread.js";
export {
  type DirectoryOptions,
  type DirectorySynthesis,
  synthesizeDirectory,
} from "./synthesis/synthesize-directory.js";
