import { canonicalString } from "../bytes/canonical-json.js";
import { compareBytes } from "../bytes/order.js";
import { encodeUtf8 } from "../bytes/utf8.js";
import { type Data, type DataObject, isDataObject } from "./data.js";

// Data in its one canonical form (RFC 8785), with whole numbers of any size in all their digits.

export function textOfData(value: Data): string {
  if (typeof value === "string") return textOfString(value);
  // String(-0) is "0".
  if (typeof value !== "object" || value === null) return String(value);
  if (!isDataObject(value)) return `[${(value as readonly Data[]).map(textOfData).join(",")}]`;
  let text = "";
  let before = "{";
  // Without a comparison function names are compared by their UTF-16 units.
  for (const name of Object.keys(value).sort()) {
    text += `${before}${textOfString(name)}:${textOfData(value[name] as Data)}`;
    before = ",";
  }
  return before === "{" ? "{}" : `${text}}`;
}

/** Most names and many texts have nothing to escape. */
const PLAIN = /^[ !#-[\]-~]*$/;

function textOfString(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : canonicalString(value);
}

/** By their canonical bytes. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  // Beyond ASCII, UTF-16 units are not in the order of UTF-8 bytes.
  if (/[\ud800-\udfff]/.test(left) || /[\ud800-\udfff]/.test(right)) return compareBytes(encodeUtf8(left), encodeUtf8(right));
  return left < right ? -1 : 1;
}

export function equalData(left: Data, right: Data): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left)) return Array.isArray(right) && equalArrays(left, right);
  return !Array.isArray(right) && equalObjects(left as DataObject, right as DataObject);
}

function equalArrays(left: readonly Data[], right: readonly Data[]): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (!equalData(left[at] as Data, right[at] as Data)) return false;
  return true;
}

function equalObjects(left: DataObject, right: DataObject): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && equalData(left[name] as Data, right[name] as Data));
}
