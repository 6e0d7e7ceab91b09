import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toHex } from "../bytes/hex.js";

// Scenarios as text (packages/core/scenarios): what is done to some cores, a line each behind `$ `, and below it, indented, what came
// of that. Lines that begin with `#` are for people. What came of it is what a run says: it is never written by hand, but by
// `npm run scenarios -- --rewrite`.

/** Does what a line says, and tells what came of it. */
export type Stage = (words: readonly string[]) => readonly string[];

const scenarioFolder = fileURLToPath(new URL("../../scenarios", import.meta.url));
const COMMAND = "$ ";
const TOLD = "  ";

/** The same text with what comes of it now. */
export function replayed(text: string, stage: Stage): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(TOLD)) continue;
    lines.push(line);
    if (!line.startsWith(COMMAND)) continue;
    for (const told of stage(line.slice(COMMAND.length).split(" "))) lines.push(`${TOLD}${told}`);
  }
  return lines.join("\n");
}

export interface Replay {
  readonly name: string;
  readonly path: string;
  readonly written: string;
  readonly now: string;
}

/** Each scenario of a folder, as it lies there and as it comes out now, each on a stage of its own. */
export function replays(stage: () => Stage, folder = scenarioFolder): readonly Replay[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));
  return names.sort().map((name) => {
    const path = join(folder, name);
    const written = readFileSync(path, "utf8");
    return { name, path, written, now: replayed(written, stage()) };
  });
}

const WHOLE_BYTES = 8;
const SHOWN_BYTES = 4;

/** Values as a reader of a scenario wants them: bytes by their names where they have any, and otherwise by how they begin. */
export class Legible {
  readonly #names = new Map<string, string>();

  name(value: Uint8Array | string, name: string): void {
    this.#names.set(typeof value === "string" ? value : toHex(value), name);
  }

  /** The properties of an object, its kind first. */
  line({ kind, ...rest }: { readonly kind: string }): string {
    return [kind, ...this.#entries(rest)].join(" ");
  }

  of(value: unknown): string {
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (Array.isArray(value)) return `[${value.map((each) => this.of(each)).join(" ")}]`;
    if (value !== null && typeof value === "object") return `{${this.#entries(value).join(" ")}}`;
    return this.#names.get(String(value)) ?? String(value);
  }

  #entries(value: object): string[] {
    return Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : [`${name}=${this.of(each)}`]));
  }

  #bytes(bytes: Uint8Array): string {
    const hex = toHex(bytes);
    const name = this.#names.get(hex);
    if (name !== undefined) return name;
    if (bytes.length > 0 && bytes.every((byte) => byte === 0)) return "zeros";
    return bytes.length <= WHOLE_BYTES ? `x${hex}` : `x${hex.slice(0, 2 * SHOWN_BYTES)}…(${bytes.length})`;
  }
}
