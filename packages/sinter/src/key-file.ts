import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { Ed25519Signer, nodeRandom, seedBytes } from "./node-crypto.js";

export const keyFileName = "keys.json";

const FORMAT = 1;
const READABLE_BY_OTHERS = 0o077;

export interface Keys {
  /** Signs this store's feeds; never copied to another store. */
  readonly author: Ed25519Signer;
  /** Proves this peer on its links. */
  readonly peer: Ed25519Signer;
}

export interface KeyFileOptions {
  /** Where there is no file: make one, or fail. A store that has an author needs its old keys, not new ones. */
  readonly missing: "create" | "fail";
}

/** Reads the keys of a data directory. Call it holding the store's lock: two processes must not both make keys. */
export function loadKeys(dir: string, options: KeyFileOptions): Keys {
  const file = join(dir, keyFileName);
  const text = read(file);
  if (text !== undefined) return decode(text, file);
  if (options.missing === "fail") {
    throw new SinterError(
      "corrupt",
      `${file} is missing, and with it the identity that wrote this store`,
      "Put the file back from a backup of this very directory.",
    );
  }
  const created = encode(nodeRandom.bytes(seedBytes), nodeRandom.bytes(seedBytes));
  create(dir, created);
  return decode(created, file);
}

function read(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new SinterError("permission", `${file} cannot be read (${code})`, `Make it yours: chown $USER ${file} && chmod 600 ${file}`);
  }
  try {
    // Windows has no such bits.
    if (process.platform !== "win32" && (fstatSync(descriptor).mode & READABLE_BY_OTHERS) !== 0) {
      throw new SinterError("permission", `${file} is open to others, and holds secret keys`, `Run: chmod 600 ${file}`);
    }
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

function encode(author: Uint8Array, peer: Uint8Array): string {
  const key = (seed: Uint8Array) => ({ type: "ed25519", seed: base64(seed) });
  return `${JSON.stringify({ format: FORMAT, secret: "never copy or show this file", author: key(author), peer: key(peer) }, null, 2)}\n`;
}

function decode(text: string, file: string): Keys {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, which is secret.
    throw damaged(file, "it is not JSON");
  }
  const { format, author, peer } = (parsed ?? {}) as { readonly format?: unknown; readonly author?: unknown; readonly peer?: unknown };
  if (typeof format === "number" && format > FORMAT) {
    throw new SinterError(
      "wrong-store",
      `${file} has format ${format}, and this version reads ${FORMAT}`,
      "Use a newer version of sinter.",
    );
  }
  if (format !== FORMAT) throw damaged(file, "it has no known format");
  return { author: signer(author, "author", file), peer: signer(peer, "peer", file) };
}

function signer(key: unknown, name: string, file: string): Ed25519Signer {
  const { type, seed } = (key ?? {}) as { readonly type?: unknown; readonly seed?: unknown };
  const bytes = type === "ed25519" && typeof seed === "string" ? Buffer.from(seed, "base64url") : undefined;
  if (bytes?.length !== seedBytes || base64(bytes) !== seed) throw damaged(file, `its ${name} key is not one`);
  return new Ed25519Signer(bytes);
}

function damaged(file: string, why: string): SinterError {
  return new SinterError("corrupt", `${file} is damaged: ${why}`, "Put the file back from a backup of this very directory.");
}

/** Whole or not at all, also through a power cut. */
function create(dir: string, text: string): void {
  const temporary = join(dir, `${keyFileName}.new`);
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, join(dir, keyFileName));
  syncDirectory(dir);
}

function syncDirectory(dir: string): void {
  // Windows cannot open directories, and needs no such sync.
  if (process.platform === "win32") return;
  const descriptor = openSync(dir, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
