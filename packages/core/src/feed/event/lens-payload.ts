import { typeNameBytesMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { Reader } from "../../bytes/reader.js";
import { encodeUtf8 } from "../../bytes/utf8.js";
import { Writer } from "../../bytes/writer.js";
import { hashBytes } from "../../identity/crypto.js";
import { bytesOfText } from "../../identity/subject-path.js";
import { decodeTypeName } from "../../store/view-records.js";

// What an event says that names the lens of its subject: the merge type that the subject is read through (docs/wire.md, "Lens").

const lensVersion = 1;

export interface Lens {
  /** Of the merge type. */
  readonly name: string;
  /** Its major version. */
  readonly version: number;
  /** Of what the type does, where its name and version do not say it all. */
  readonly digest: Uint8Array;
}

/** Why nobody would read it, if so. */
export function lensFault({ name, version, digest }: Lens): string | undefined {
  const bytes = encodeUtf8(name).length;
  if (bytes < 1 || bytes > typeNameBytesMax) return `a type's name has 1 to ${typeNameBytesMax} bytes, not ${bytes}`;
  if (!Number.isSafeInteger(version) || version < 0) return `a type's version is a whole number from 0, not ${version}`;
  return digest.length === hashBytes ? undefined : `a type's digest has ${hashBytes} bytes, not ${digest.length}`;
}

export function encodeLens(lens: Lens): Uint8Array<ArrayBuffer> {
  const fault = lensFault(lens);
  if (fault !== undefined) throw new RangeError(fault);
  return new Writer().u8(lensVersion).varint(lens.version).bytes(lens.digest).bytes(bytesOfText(lens.name)).finish();
}

export function decodeLens(payload: Uint8Array): Decoded<Lens> {
  const reader = new Reader(payload);
  const format = reader.u8();
  if (format !== lensVersion) reader.fail(`a lens of version ${format}; this program reads ${lensVersion}`);
  const version = reader.varint();
  const digest = reader.take(hashBytes);
  const text = reader.take(reader.left);
  return reader.finish(() => {
    const name = decodeTypeName(text);
    return name instanceof Malformed ? name : { name, version, digest };
  });
}
