import type { PeerApi } from "@sinter/core";
import type { HolderKind, LawOptions, LawReport, OpenOptions, RepairOptions, RepairResult, RestoreOptions, RestoreReport } from "sinter";

// All that a command touches of its surroundings, so that a test can hand in its own.

export interface Sink {
  readonly isTTY?: boolean;
  /** `left` is called once the chunk has been handed to the system, or cannot be. */
  write(chunk: string | Uint8Array, left?: () => void): boolean;
  once(event: "drain", listener: () => void): unknown;
  off(event: "drain", listener: () => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export type Source = AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };

/** What is said of links to other peers. */
export type Linking = Pick<OpenOptions, "invite" | "secret" | "listen" | "join" | "spaces" | "sync" | "trace">;

/** Opens a store and, unless told otherwise, serves its control socket until it is closed. */
export type OpenStore = (
  options: Linking & {
    readonly dir: string;
    readonly network?: string;
    readonly holder: { readonly kind: HolderKind; readonly what: string };
    readonly control?: "serve" | "none";
  },
) => Promise<PeerApi>;

export interface Io {
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls the listener at each SIGINT or SIGTERM until the answered function is called. */
  onSignal(listener: () => void): () => void;
  /** Ends the process here and now. */
  forceExit(code: number): void;
  readonly open: OpenStore;
  /** Mends a store that nobody holds. */
  readonly repair: (options: RepairOptions) => Promise<RepairResult>;
  /** Makes a store of a backup. */
  readonly restore: (options: RestoreOptions) => Promise<RestoreReport>;
  /** Puts the merge types of a module through the laws. */
  readonly checkLaws: (module: URL, options: LawOptions) => Promise<readonly LawReport[]>;
  /** Where the store's secret keys lie. */
  keyFile(dir: string): string;
}
