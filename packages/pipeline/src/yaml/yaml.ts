import { type DocumentFormat, type DocumentPart, FormatFault } from "../format.js";
import { writtenBytesMax } from "../limits.js";
import { textOf, withoutMark } from "../text.js";
import { yamlDocuments } from "./yaml-documents.js";
import { YamlValue } from "./yaml-value.js";

// YAML 1.2 by its core schema: each document of a file is a fragment, and one with nothing in it is none. What has no meaning in JSON is
// refused: tags beyond the schema, infinities, names that are lists or objects. Other names are texts as they are written: `404: gone`.

export const yaml: DocumentFormat = {
  kind: "document",
  name: "YAML",
  parse(bytes) {
    const values = valuesIn(bytes, "values");
    if (values instanceof FormatFault) return [{ number: 1, line: 1, body: values }];
    return values.flatMap((value, at): DocumentPart[] => {
      const body = value.body();
      return body === undefined ? [] : [{ number: at + 1, line: value.line, body }];
    });
  },
  lineOf(bytes, names, number = 1) {
    const values = valuesIn(bytes, "places");
    return values instanceof FormatFault ? undefined : values[number - 1]?.lineOf(names);
  },
};

function valuesIn(bytes: Uint8Array, kept: "values" | "places"): YamlValue[] | FormatFault {
  if (bytes.length > writtenBytesMax) return new FormatFault(`YAML of at most ${writtenBytesMax} bytes expected: JSON may be larger`);
  const text = textOf(withoutMark(bytes));
  const documents = text instanceof FormatFault ? text : yamlDocuments(text);
  return documents instanceof FormatFault ? documents : documents.map((document) => new YamlValue(document, kept));
}
