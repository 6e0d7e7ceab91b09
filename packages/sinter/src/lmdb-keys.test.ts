import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DamagedStore } from "@sinter/core";
import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { LmdbKeys, type ReadableDatabase } from "./lmdb-keys.js";

const key = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 0xff);
const ALL = { from: key(0), to: key(0xffff) } as const;

function filled(count: number) {
  const dir = mkdtempSync(join(tmpdir(), "sinter-keys-"));
  const database = open<Uint8Array, Uint8Array>({
    path: join(dir, "x.mdb"),
    noSubdir: true,
    keyEncoding: "binary",
    encoding: "binary",
    overlappingSync: false,
  });
  onTestFinished(async () => {
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const write = (value: number) =>
    database.transactionSync(() => {
      for (let number = 1; number <= count; number++) database.putSync(key(number), Uint8Array.of(value, number & 0xff));
    });
  write(1);
  return { database, write, keys: new LmdbKeys(database) };
}

test("a long range left in the middle closes its cursor, and another begins at the start", () => {
  const { keys } = filled(100);
  const seen: number[] = [];
  for (const [at] of keys.range(ALL)) {
    seen.push(at[1] as number);
    if (seen.length === 50) break;
  }
  expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect([...keys.range(ALL)].length).toBe(100);
});

test("a long range shows what was there at its call, whatever is read or written meanwhile", () => {
  const { keys, write, database } = filled(100);
  const range = keys.range(ALL);
  write(2);
  const values: number[] = [];
  for (const [at, value] of range) {
    expect(keys.peek(at)?.[0]).toBe(2);
    values.push(value[0] as number);
    if (values.length === 60) write(2);
  }
  expect(values).toEqual(new Array(100).fill(1));
  database.resetReadTxn();
  expect([...keys.range({ ...ALL, order: "descending" })].map(([at, value]) => [at[1], value[0]])).toEqual(
    Array.from({ length: 100 }, (_, index) => [100 - index, 2]),
  );
});

test("pages that LMDB finds damaged are damage to the store; any other failure stays what it is", () => {
  const failing = (message: string): LmdbKeys => {
    const fail = () => {
      throw new Error(message);
    };
    return new LmdbKeys({ getBinaryFast: fail, getRange: fail } as unknown as ReadableDatabase);
  };
  const reasons = [
    "MDB_CORRUPTED: Located page was wrong type",
    "MDB_PAGE_NOTFOUND: Requested page not found",
    "MDB_PROBLEM: Unexpected problem - txn should abort: expected node to be branch, but was not",
    "Invalid key size dda7",
  ];
  for (const reason of reasons) {
    expect(() => failing(reason).get(key(1))).toThrow(DamagedStore);
    expect(() => failing(reason).range(ALL)).toThrow(reason);
    expect(() => failing(reason).range(ALL)).toThrow(DamagedStore);
  }
  expect(() => failing("Can not renew a transaction from a closed database").get(key(1))).not.toThrow(DamagedStore);
});

test("damage met in the middle of a long range is damage to the store", () => {
  const { keys, database } = filled(100);
  const getRange = database.getRange.bind(database);
  Object.assign(database, {
    getRange: (...all: Parameters<typeof getRange>) => {
      const cursor = getRange(...all)[Symbol.iterator]();
      let left = 60;
      const next = () => {
        if (left-- === 0) throw new Error("MDB_CORRUPTED: Located page was wrong type");
        return cursor.next();
      };
      return { [Symbol.iterator]: () => ({ next, return: () => cursor.return?.() }) };
    },
  });
  expect(() => [...keys.range(ALL)]).toThrow(DamagedStore);
});
