import { on } from "node:events";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { notRead, type ReadBlock } from "./read-blocks.js";

// Of small files the system takes longer to open and close them than anybody takes to read what is in them. Where there are many, a thread
// does that, and is some of them ahead of whoever makes something of what is in them.

/** So many are asked for at a time, */
const ASKED_FILES = 256;
/** and this many at least are read, or being read, while one is made something of. */
const AHEAD_FILES = 512;

/** Reads from the moment it is made. */
export class AheadReader {
  readonly #paths: readonly string[];
  readonly #worker = new Worker(aheadThread());
  readonly #blocks = on(this.#worker, "message") as AsyncIterator<readonly ReadBlock[]>;
  #asked = 0;
  #read = 0;

  /** Empty, where a file is to be read by whoever asks. */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.#ask();
  }

  /** What is in the next few files, in the order of their paths; undefined for each that is not read here. */
  async next(): Promise<readonly (Uint8Array | undefined)[]> {
    const { value } = await this.#blocks.next();
    const { room, sizes } = value[0] as ReadBlock;
    this.#read += sizes.length;
    this.#ask();
    let at = 0;
    return sizes.map((size) => {
      if (size === notRead) return undefined;
      at += size;
      return new Uint8Array(room, at - size, size);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(): void {
    for (; this.#asked < Math.min(this.#paths.length, this.#read + AHEAD_FILES); this.#asked += ASKED_FILES)
      // As one text: of many texts, each is copied by itself.
      this.#worker.postMessage(this.#paths.slice(this.#asked, this.#asked + ASKED_FILES).join("\0"));
  }
}

/** As text, as every thread of this package: it finds what it runs by the name of the package. */
function aheadThread(): URL {
  const pipeline = pathToFileURL(createRequire(import.meta.url).resolve("@sinter/pipeline"));
  const text = `
import { parentPort } from "node:worker_threads";
import { readBlocks } from ${JSON.stringify(new URL("./files/read-blocks.js", pipeline).href)};
parentPort.on("message", (paths) => {
  for (const block of readBlocks(paths.split("\\0"))) parentPort.postMessage(block, [block.room]);
});`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
