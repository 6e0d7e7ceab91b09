// What cores and stores mean by durable state: an ordered map from bytes to bytes, read synchronously.
// Bytes handed out are not to be changed; bytes handed in must not change afterwards.

export type Entry = readonly [key: Uint8Array, value: Uint8Array];

export interface Range {
  /** First key that belongs. */
  readonly from: Uint8Array;
  /** First key that no longer belongs. */
  readonly to: Uint8Array;
  readonly order?: "ascending" | "descending";
  readonly limit?: number;
}

export interface ReadableKeys {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Like `get`, but the bytes are overwritten by the next read: for looking and moving on. */
  peek(key: Uint8Array): Uint8Array | undefined;
  /** Entries as of the moment of the call. Read a bounded piece at a time: an iterator left open pins the store's pages. */
  range(range: Range): Iterable<Entry>;
}

export interface KeySpace extends ReadableKeys {
  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): void;
}

/** What a turn changes, in key order, at most once a key; `undefined` removes. */
export type Batch = readonly (readonly [key: Uint8Array, value: Uint8Array | undefined])[];
