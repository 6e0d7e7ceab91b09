import { type DocumentFormat, FormatFault } from "../format.js";
import { writtenBytesMax } from "../limits.js";
import { lineAt, textOf, withoutMark } from "../text.js";
import { placeInToml } from "./toml-places.js";
import { tomlValue } from "./toml-value.js";

// TOML 1.1: one document a file, an object always. Whole numbers are exact. Dates and times are texts as they are written, but with T and Z
// as RFC 3339 has them. What has no meaning in JSON is refused: nan and inf.

export const toml: DocumentFormat = {
  kind: "document",
  name: "TOML",
  parse(bytes) {
    const text = tomlText(bytes);
    return [{ number: 1, line: 1, body: text instanceof FormatFault ? text : tomlValue(text) }];
  },
  lineOf(bytes, names) {
    const text = tomlText(bytes);
    // Places are found where there is nothing wrong alone.
    if (text instanceof FormatFault || tomlValue(text) instanceof FormatFault) return undefined;
    const place = placeInToml(text, names);
    return place === undefined ? undefined : lineAt(text, place.from);
  },
};

function tomlText(bytes: Uint8Array): string | FormatFault {
  if (bytes.length > writtenBytesMax) return new FormatFault(`TOML of at most ${writtenBytesMax} bytes expected: JSON may be larger`);
  return textOf(withoutMark(bytes));
}
