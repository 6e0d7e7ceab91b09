import { stat } from "node:fs/promises";
import { join } from "node:path";
import { commandPatienceMsMax, commandRenewalsMax, type PeerApi, type Signatures, SinterError } from "@sinter/core";
import { connectControl, dataFileName, type HolderKind } from "sinter";
import { interrupted } from "../terminal/interruption.js";
import type { Linking, OpenStore } from "../terminal/io.js";

export interface StoreOptions {
  readonly dir: string;
  readonly open: OpenStore;
  /** Of a store that is made. */
  readonly made?: { readonly network?: string; readonly signatures?: Signatures };
  /** Links to other peers, while this process holds the store. */
  readonly linking?: Linking;
  /** What to do where there is no store yet. */
  readonly ifMissing: "create" | "refuse";
  /** How to come by a store, where there is none and none is made. */
  readonly missingFix?: string | undefined;
  /** How this process presents itself to others while it holds the store. */
  readonly holder: { readonly kind: HolderKind; readonly what: string };
  readonly signal: AbortSignal;
}

/** A peer on the store, for as long as its holder lives. */
export interface StoreHandle {
  readonly peer: PeerApi;
  /** Who holds the store: this process, or the one it speaks to. */
  readonly held: { readonly by: "us"; readonly made: boolean } | { readonly by: "other"; readonly pid: number; readonly kind: HolderKind };
  /** Resolves when the holder in another process has gone. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

const pauseMs = 25;
const usualFix = "Make one with: sinter up, or name another with --data DIR.";

/** Speaks to the process that holds the store, or holds it; then open() serves its socket. */
export async function openStore(options: StoreOptions): Promise<StoreHandle> {
  await refuseFile(options.dir);
  const giveUpAtMs = performance.now() + commandPatienceMsMax;
  for (;;) {
    if (options.signal.aborted) throw interrupted();
    const client = await connectControl({ dir: options.dir });
    if (client !== undefined) {
      const { pid, kind } = client.holder;
      return { peer: client, held: { by: "other", pid, kind }, lost: client.lost, close: () => client.close() };
    }
    try {
      return await holdStore(options);
    } catch (error) {
      if (!(error instanceof SinterError) || error.code !== "in-use" || performance.now() > giveUpAtMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function holdStore(options: StoreOptions): Promise<StoreHandle> {
  const { dir, ifMissing, made, linking, open, holder } = options;
  const missing = !(await isThere(dir));
  if (missing && ifMissing === "refuse") throw new SinterError("no-store", `there is no store at ${dir}`, options.missingFix ?? usualFix);
  const peer = await open({ dir, holder, ...made, ...linking });
  return { peer, held: { by: "us", made: missing }, lost: new Promise(() => {}), close: () => peer.close() };
}

async function isThere(dir: string): Promise<boolean> {
  // An empty data file was made by a process that took the lock and came no further.
  const data = await stat(join(dir, dataFileName)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return data !== undefined && data.size > 0;
}

async function refuseFile(dir: string): Promise<void> {
  const found = await stat(dir).catch((error: NodeJS.ErrnoException) => error);
  const isFile = found instanceof Error ? found.code === "ENOTDIR" : !found.isDirectory();
  if (!isFile) return;
  const what = found instanceof Error ? "lies below a file" : "is a file";
  throw new SinterError("no-store", `${dir} ${what}, not a directory`, "Name the store's directory with --data DIR.");
}

const isLost = (error: unknown) => error instanceof SinterError && error.code === "holder-lost";

/** A store that is kept to when its holder goes away: by speaking to the next holder, or by becoming it. */
export class SharedStore {
  readonly #options: StoreOptions;
  #handle: Promise<StoreHandle>;
  #renewals = 0;

  private constructor(options: StoreOptions, handle: StoreHandle) {
    this.#options = options;
    this.#handle = Promise.resolve(handle);
  }

  static async open(options: StoreOptions): Promise<SharedStore> {
    return new SharedStore(options, await openStore(options));
  }

  current(): Promise<StoreHandle> {
    return this.#handle;
  }

  /** Leaves a handle whose holder has gone; many may ask at once. */
  async renew(stale: StoreHandle): Promise<void> {
    if ((await this.#handle) !== stale) return;
    if (this.#renewals++ >= commandRenewalsMax)
      throw new SinterError("in-use", "the store's holder went away again and again", "Try again later.");
    this.#handle = stale.close().then(() => openStore(this.#options));
    await this.#handle;
  }

  /** For what may be asked twice without harm, and for what a lost holder has surely not begun. */
  async ask<T>(question: (peer: PeerApi) => Promise<T>): Promise<T> {
    for (;;) {
      const handle = await this.#handle;
      try {
        return await question(handle.peer);
      } catch (error) {
        if (!isLost(error)) throw error;
        await this.renew(handle);
      }
    }
  }

  async close(): Promise<void> {
    // Whoever renewed was told that it failed; then there is nothing to close.
    const handle = await this.#handle.catch(() => undefined);
    await handle?.close();
  }
}

export async function withStore<T>(options: StoreOptions, use: (store: SharedStore) => Promise<T>): Promise<T> {
  const store = await SharedStore.open(options);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
