import type { RecordFormat } from "../format.js";
import { CsvReader } from "./csv-reader.js";

// Rows of text (RFC 4180): the first names the fields, and each of the others is an object of texts, an empty field the empty text. What
// else a field may mean is for rules to say: `fields` in a strategies file.

/** What stands between two fields. */
export type Delimiter = "," | ";" | "\t";

export function csv(delimiter: Delimiter): RecordFormat {
  return { kind: "records", name: delimiter === "\t" ? "TSV" : "CSV", open: () => new CsvReader(delimiter.charCodeAt(0)) };
}
