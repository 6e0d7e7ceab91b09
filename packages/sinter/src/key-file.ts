import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type AuthorKeys, SinterError } from "@sinter/core";
import { FalconKey } from "./falcon-key.js";
import { Ed25519Signer, nodeRandom, seedBytes } from "./node-crypto.js";

export const keyFileName = "keys.json";

/** A hybrid author's file has a format of its own, so that a program which knows none says "use a newer version". */
const FORMAT_CLASSICAL = 1;
const FORMAT_HYBRID = 2;
const READABLE_BY_OTHERS = 0o077;

export interface Keys {
  /** Signs this store's feeds; never copied to another store. */
  readonly author: Ed25519Signer;
  /** Its second key, if the author is hybrid. */
  readonly falcon: FalconKey | undefined;
  /** Both, as others know them. */
  readonly authorKeys: AuthorKeys;
  /** Proves this peer on its links. */
  readonly peer: Ed25519Signer;
}

export interface KeyFileOptions {
  /** Where there is no file: make one, or fail. A store that has an author needs its old keys, not new ones. */
  readonly missing: "create" | "fail";
  /** The second key of a new author; without it, a new author is classical. */
  readonly falcon?: FalconKey;
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
  const created = encode(nodeRandom.bytes(seedBytes), options.falcon, nodeRandom.bytes(seedBytes));
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

function encode(author: Uint8Array, falcon: FalconKey | undefined, peer: Uint8Array): string {
  const classical = (seed: Uint8Array) => ({ type: "ed25519", seed: base64(seed) });
  const hybrid = (seed: Uint8Array, key: FalconKey) => {
    const { secret, publicKey } = key.reveal();
    return { type: "hybrid", seed: base64(seed), falcon: { secret: base64(secret), public: base64(publicKey) } };
  };
  const content = {
    format: falcon === undefined ? FORMAT_CLASSICAL : FORMAT_HYBRID,
    secret: "never copy or show this file",
    author: falcon === undefined ? classical(author) : hybrid(author, falcon),
    peer: classical(peer),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function decode(text: string, file: string): Keys {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, which is secret.
    throw damaged(file, "it is not JSON");
  }
  const { format, author, peer } = fieldsOf(parsed);
  if (typeof format === "number" && format > FORMAT_HYBRID) {
    throw new SinterError(
      "wrong-store",
      `${file} has format ${format}, and this version reads up to ${FORMAT_HYBRID}`,
      "Use a newer version of sinter.",
    );
  }
  if (format !== FORMAT_CLASSICAL && format !== FORMAT_HYBRID) throw damaged(file, "it has no known format");
  return { ...authorIn(author, format, file), peer: signer(fieldsOf(peer), "ed25519", () => damaged(file, "its peer key is not one")) };
}

function authorIn(field: unknown, format: number, file: string): Omit<Keys, "peer"> {
  const fields = fieldsOf(field);
  const fault = () => damaged(file, "its author key is not one");
  if (format === FORMAT_CLASSICAL) {
    const author = signer(fields, "ed25519", fault);
    return { author, falcon: undefined, authorKeys: { suite: 1, ed25519: author.publicKey } };
  }
  const author = signer(fields, "hybrid", fault);
  const falcon = falconKey(fieldsOf(fields["falcon"]), fault);
  return { author, falcon, authorKeys: { suite: 2, ed25519: author.publicKey, falcon: falcon.publicKey } };
}

type Fields = Readonly<Record<string, unknown>>;
type Fault = () => SinterError;

const fieldsOf = (value: unknown): Fields => (value ?? {}) as Fields;

function signer({ type, seed }: Fields, expected: "ed25519" | "hybrid", fault: Fault): Ed25519Signer {
  const bytes = bytesOf(seed);
  if (type !== expected || bytes?.length !== seedBytes) throw fault();
  return new Ed25519Signer(bytes);
}

function falconKey(fields: Fields, fault: Fault): FalconKey {
  const [secret, publicKey] = [bytesOf(fields["secret"]), bytesOf(fields["public"])];
  if (secret === undefined || publicKey === undefined) throw fault();
  try {
    return new FalconKey({ secret, publicKey });
  } catch {
    throw fault();
  }
}

function bytesOf(text: unknown): Uint8Array | undefined {
  const bytes = typeof text === "string" ? new Uint8Array(Buffer.from(text, "base64url")) : undefined;
  return bytes !== undefined && base64(bytes) === text ? bytes : undefined;
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
