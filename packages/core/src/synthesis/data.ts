// What fragments and documents are made of: JSON, with whole numbers of any size.

/** Whole numbers that a double cannot tell from their neighbours are bigints, all others numbers: a number has one form. */
export type Data = null | boolean | number | bigint | string | readonly Data[] | DataObject;

/** Of names that are read by `Object.keys`: `__proto__` and `constructor` are names as all others. */
export interface DataObject {
  readonly [name: string]: Data;
}

export type DataKind = "null" | "boolean" | "number" | "text" | "array" | "object";

export function isDataObject(value: Data): value is DataObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function kindOf(value: Data): DataKind {
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "number":
    case "bigint":
      return "number";
    case "string":
      return "text";
    default:
      return value === null ? "null" : Array.isArray(value) ? "array" : "object";
  }
}
