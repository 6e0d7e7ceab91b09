// How keys of the store are put together, and its tables by their first byte (docs/wire.md, "Store").

export const tables = {
  meta: 1,
  author: 2,
  subject: 3,
  path: 4,
  lane: 5,
  laneNumber: 6,
  head: 7,
  block: 8,
  mmr: 9,
  changed: 10,
  trie: 11,
  hybrid: 12,
  unsealed: 13,
  fork: 14,
  absent: 15,
  givenUp: 16,
  returned: 17,
  redaction: 18,
  view: 19,
  viewNumber: 20,
  viewLane: 21,
  viewItem: 22,
  viewLog: 23,
  viewTrie: 24,
  viewAgain: 25,
  viewQuarantine: 26,
  viewChanged: 27,
} as const;

export type Table = keyof typeof tables;
export const HIGH = 0x1_0000_0000;

/** The smallest key above every key that begins with `prefix`, whose first byte is a table. */
export function prefixEnd(prefix: Uint8Array): Uint8Array<ArrayBuffer> {
  let length = prefix.length;
  while (prefix[length - 1] === 0xff) length--;
  const end = prefix.slice(0, length);
  end[length - 1] = (end[length - 1] as number) + 1;
  return end;
}

export function tableKey(table: number, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(1 + rest.length);
  key[0] = table;
  key.set(rest, 1);
  return key;
}

export function numberedKey(table: number, lane: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(5);
  key[0] = table;
  putU32(key, 1, lane);
  return key;
}

export function numberedPairKey(table: number, lane: number, second: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(13);
  key[0] = table;
  putU32(key, 1, lane);
  putU32(key, 5, Math.floor(second / HIGH));
  putU32(key, 9, second >>> 0);
  return key;
}

export function putU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
