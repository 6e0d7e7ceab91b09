import { type Bytes, filled, H, hex, joined, number, prefixed, utf8, write } from "./bytes.js";

interface Row {
  readonly key: string;
  readonly row: string;
}

interface Subtree {
  /** Digits above it. */
  readonly depth: number;
  readonly hash: Bytes;
  /** Of any of its leaves. */
  readonly key: string;
}

const bytesOf = (text: string): Bytes => new Uint8Array(Buffer.from(text, "hex"));

/** The record of a branch at `depth`: its children by rising digit. */
function record(depth: number, children: readonly Subtree[]): Bytes {
  const from = 2 * Math.floor(depth / 2);
  const each = children.map((child) => {
    const digits = child.key.slice(from, child.depth);
    return joined(number(1, child.depth), child.hash, bytesOf(digits.length % 2 === 0 ? digits : `${digits}0`));
  });
  return joined(bitmapOf(depth, children), ...each);
}

function bitmapOf(depth: number, children: readonly Subtree[]): Bytes {
  return number(
    2,
    children.reduce((sum, { key }) => sum + 2 ** Number.parseInt(key[depth] as string, 16), 0),
  );
}

function pathOf(digits: string): string {
  return digits.length % 2 === 0 ? `${digits}80` : `${digits}8`;
}

function subtree(rows: readonly Row[], records: Record<string, string>): Subtree {
  const [first] = rows as readonly [Row];
  if (rows.length === 1) return { depth: first.key.length, hash: H("trie leaf", bytesOf(first.key), bytesOf(first.row)), key: first.key };
  let depth = 0;
  while (rows.every(({ key }) => key[depth] === first.key[depth])) depth++;
  const digits = [...new Set(rows.map(({ key }) => key[depth] as string))].sort();
  const children = digits.map((digit) =>
    subtree(
      rows.filter(({ key }) => key[depth] === digit),
      records,
    ),
  );
  records[pathOf(first.key.slice(0, depth))] = hex(record(depth, children));
  const hash = H("trie branch", number(1, depth), bitmapOf(depth, children), ...children.map((child) => child.hash));
  return { depth, hash, key: first.key };
}

function trieOf(rows: readonly Row[]): Record<string, unknown> {
  const records: Record<string, string> = {};
  const top = rows.length === 0 ? undefined : subtree(rows, records);
  if (top !== undefined && top.depth > 0) records[pathOf("")] = hex(record(0, [top]));
  return { rows, root: hex(top?.hash ?? filled(32, 0)), records };
}

export function trie(): void {
  const rows = Array.from({ length: 24 }, (_, index) => {
    const [space, subject, lane] = [H("space", number(1, index % 3)), H("subject", number(1, index % 8)), H("lane", number(1, index))];
    return { key: hex(joined(space, subject, lane)), row: hex(H("row", number(1, index))) };
  });
  const near = ["00", "01", "10", "ff"].map((end) => ({ key: `${"ab".repeat(95)}${end}`, row: "11".repeat(32) }));
  const states = [
    [1, 0],
    [2 ** 53 - 1, 77],
  ].map(([size, freezeAt]) => {
    const [lane, headId] = [filled(32, 0x21), filled(32, 0x43)];
    const row = H("row", lane, number(8, size as number), headId, number(8, freezeAt as number));
    return { lane: hex(lane), size, headId: hex(headId), freezeAt, row: hex(row) };
  });
  const items = Array.from({ length: 40 }, (_, index) => ({ key: hex(utf8(`key ${index}`)), item: hex(filled(index, index)) }));
  const tables = [items.slice(0, 1), items].map((all) => {
    const placed = all.map(({ key, item }) => ({
      key: hex(H("table key", bytesOf(key))),
      row: hex(H("table row", prefixed(bytesOf(key)), bytesOf(item))),
    }));
    return { items: all, ...trieOf(placed) };
  });
  const about =
    "Hashes of rows, and tries of some rows: their root, and by their path the records of the store's table 0b. Tables of some items, " +
    "as their types write them: their root, and the records of table 18.";
  write("trie", about, { rows: states, tries: [[], rows.slice(0, 1), rows.slice(0, 2), near, rows].map(trieOf), tables });
}
