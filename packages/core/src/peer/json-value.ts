import { toBase64url } from "../bytes/base64url.js";
import type { Json } from "../protocol/protocol.js";

/** A value as JSON: for people, and for other processes. */
export function jsonValue(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return { bytes: toBase64url(value) };
  if (value instanceof Set || Array.isArray(value)) return [...value].map(jsonValue);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [String(key), jsonValue(each)]));
  if (typeof value !== "object") return null;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, jsonValue(each)]));
}
