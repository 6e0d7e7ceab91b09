import { type Data, SinterError } from "@sinter/core";
import { FormatFault } from "../format.js";
import { parseJson } from "../json/json.js";
import { documentBytesMax, readPieceBytes } from "../limits.js";
import { diskFiles } from "./disk-files.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { atPlace } from "./system-fault.js";
import { targetAt } from "./target.js";

/** What is published, read back; undefined where nothing is. */
export async function readPublished(path: string, files: FileSystem = diskFiles): Promise<Data | undefined> {
  const target = await targetAt(files, path);
  if (target.permissions === undefined) return undefined;
  const bytes = await atPlace(target, async () => {
    const file = await files.open(target.path);
    try {
      return await readWhole(file);
    } finally {
      await file.close();
    }
  });
  if (bytes === undefined)
    throw new SinterError("too-large", `${path} has more than ${documentBytesMax} bytes`, "Compare it by its hash: --check does.");
  // A document in which nothing is said.
  if (bytes.length === 0) return undefined;
  const data = parseJson(bytes);
  if (!(data instanceof FormatFault)) return data;
  const line = data.line === undefined ? "" : `, line ${data.line}`;
  throw new SinterError("corrupt", `${path}${line}: ${data.reason}`, "It is no published document: publish over it, or name another file.");
}

/** Undefined: it is too large. */
async function readWhole(file: OpenFile): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  for (let bytes = 0; bytes <= documentBytesMax; ) {
    const piece = Buffer.allocUnsafeSlow(readPieceBytes);
    const read = await file.read(piece);
    pieces.push(piece.subarray(0, read));
    bytes += read;
    if (read < piece.length) return bytes > documentBytesMax ? undefined : Buffer.concat(pieces, bytes);
  }
  return undefined;
}
