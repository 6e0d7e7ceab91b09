import { bytesOfText } from "../identity/subject-path.js";
import { type Decoded, Malformed } from "./malformed.js";
export function canonicalJson(value: unknown): Uint8Array { return bytesOfText(JSON.stringify(value)); }
export function parseCanonicalJson(bytes: Uint8Array): Decoded<unknown> { try { return JSON.parse(new TextDecoder().decode(bytes)); } catch { return new Malformed("not JSON"); } }
