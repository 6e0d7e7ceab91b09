import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";

// The limit of everything durable here: LMDB itself, bare, writing the same payloads under 16-byte keys in order, each
// transaction synced to disk before the next begins. The fastest durable way it has on this machine.

export const payloadBytes = 200;
const POOL = 4096;
/** Random, so that nothing between us and the disk can make them smaller. */
export const payloads: readonly Uint8Array[] = Array.from({ length: POOL }, () => new Uint8Array(randomBytes(payloadBytes)));

export function payloadsFrom(first: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => payloads[(first + index) % POOL] as Uint8Array);
}

export class RawLmdb {
  readonly #db: RootDatabase<Buffer, Buffer>;
  readonly #key = Buffer.alloc(16);
  #next = 0;

  constructor(dir: string) {
    this.#db = open<Buffer, Buffer>({
      path: join(dir, "raw.mdb"),
      keyEncoding: "binary",
      encoding: "binary",
      mapSize: 2 ** 33,
      overlappingSync: false,
    });
  }

  /** One durable transaction of `count` puts. */
  put(count: number): void {
    this.#db.transactionSync(() => {
      for (let index = 0; index < count; index++, this.#next++) {
        this.#key.writeUInt32BE(this.#next, 12);
        this.#db.putSync(this.#key, payloads[this.#next % POOL] as Buffer);
      }
    });
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}
