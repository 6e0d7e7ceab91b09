import { expect, test } from "vitest";
import { SeededRandom } from "./seeded-random.js";
import { sectorBytes, VirtualDisk } from "./virtual-disk.js";

const filled = (byte: number, sectors = 1): Uint8Array => new Uint8Array(sectors * sectorBytes).fill(byte);
const random = (seed: number): SeededRandom => new SeededRandom(seed);

/** The byte each sector is full of, or "torn". */
function sectorsOf(disk: VirtualDisk): (number | "torn")[] {
  const bytes = disk.bytes();
  return Array.from({ length: Math.ceil(bytes.length / sectorBytes) }, (_, at) => {
    const sector = new Uint8Array(sectorBytes);
    sector.set(bytes.subarray(at * sectorBytes, (at + 1) * sectorBytes));
    return sector.every((byte) => byte === sector[0]) ? sector[0] : "torn";
  });
}

test("what is written is seen at once, and survives a crash once synced", () => {
  const disk = new VirtualDisk();
  disk.write(0, filled(1, 3));
  expect([sectorsOf(disk), disk.writes, disk.unsynced]).toEqual([[1, 1, 1], 3, 3]);
  const sync = disk.beginSync();
  disk.write(sectorBytes, filled(2));
  expect([disk.endSync(sync), disk.syncs, disk.unsynced]).toEqual(["done", 1, 1]);
  expect(sectorsOf(disk)).toEqual([1, 2, 1]);
  expect(disk.crash({ random: random(1), keep: "none" })).toEqual({ unsynced: 1, kept: 0, torn: 0 });
  expect(sectorsOf(disk)).toEqual([1, 1, 1]);
});

test("a crash that keeps all loses nothing", () => {
  const disk = new VirtualDisk();
  disk.write(10, filled(1, 3));
  expect(disk.crash({ random: random(1), keep: "all" })).toEqual({ unsynced: 4, kept: 4, torn: 0 });
  expect(disk.bytes().subarray(10, 10 + 3 * sectorBytes)).toEqual(filled(1, 3));
});

test("crashes keep every kind of subset of the unsynced sectors, and tear some", () => {
  const seen = new Set<string>();
  let torn = 0;
  for (let seed = 0; seed < 2_000; seed++) {
    const disk = new VirtualDisk();
    disk.write(0, filled(1, 3));
    const report = disk.crash({ random: random(seed) });
    torn += report.torn;
    const sectors = sectorsOf(disk);
    if (sectors.filter((sector) => sector === "torn").length !== report.torn) expect.fail(`seed ${seed}: ${sectors}`);
    seen.add(Array.from({ length: 3 }, (_, at) => sectors[at] ?? 0).join());
  }
  for (let subset = 0; subset < 8; subset++) expect([...seen]).toContain([subset & 1, (subset >> 1) & 1, subset >> 2].join());
  expect([...seen].filter((sectors) => sectors.includes("torn")).length).toBeGreaterThan(6);
  expect(torn).toBeGreaterThan(400);
});

test("of two writes to one sector a crash may keep either", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = new VirtualDisk();
    disk.write(0, filled(1));
    disk.write(0, filled(2));
    disk.crash({ random: random(seed) });
    seen.add(String(sectorsOf(disk)[0] ?? 0));
  }
  for (const outcome of ["0", "1", "2"]) expect([...seen]).toContain(outcome);
});

test("faults happen at their write, once, and say so", () => {
  const disk = new VirtualDisk();
  disk.plant({ kind: "no space", atWrite: 2 });
  disk.plant({ kind: "write error", atWrite: 4 });
  expect(disk.write(0, filled(1, 3))).toBe("no space");
  expect(sectorsOf(disk)).toEqual([1]);
  expect(disk.write(0, filled(2, 2))).toBe("write error");
  expect(sectorsOf(disk)).toEqual([2]);
  expect(disk.write(0, filled(3, 2))).toBeUndefined();
  expect(disk.fired.map(({ kind }) => kind)).toEqual(["no space", "write error"]);
});

test("a disk of a certain size is full at it", () => {
  const disk = new VirtualDisk({ capacityBytes: 2 * sectorBytes });
  expect(disk.write(0, filled(1, 2))).toBeUndefined();
  expect(disk.write(2 * sectorBytes, filled(1))).toBe("no space");
  disk.capacityBytes += sectorBytes;
  expect(disk.write(2 * sectorBytes, filled(1))).toBeUndefined();
});

test("a failed sync leaves its writes to luck", () => {
  const disk = new VirtualDisk();
  disk.plant({ kind: "sync error", atSync: 1 });
  disk.write(0, filled(1));
  expect(disk.endSync(disk.beginSync())).toBe("sync error");
  expect(disk.unsynced).toBe(1);
  disk.crash({ random: random(1), keep: "none" });
  expect(disk.bytes().length).toBe(0);
});

test("after a power cut nothing is written or synced until the crash is over", () => {
  const disk = new VirtualDisk();
  const told: string[] = [];
  disk.powerCut = () => told.push("cut");
  disk.plant({ kind: "power cut", atWrite: 2 });
  const sync = disk.beginSync();
  expect(disk.write(0, filled(1, 3))).toBe("power cut");
  expect([disk.write(0, filled(1)), disk.endSync(sync), disk.power, told]).toEqual(["power cut", "power cut", "cut", ["cut"]]);
  expect(disk.crash({ random: random(1), keep: "all" }).kept).toBe(1);
  expect([disk.write(0, filled(2)), disk.power]).toEqual([undefined, "on"]);
});

test("truncation takes what is behind it, unsynced writes too", () => {
  const disk = new VirtualDisk();
  disk.write(0, filled(1, 3));
  disk.truncate(sectorBytes + 100);
  expect([disk.bytes().length, disk.unsynced]).toEqual([sectorBytes + 100, 2]);
  disk.crash({ random: random(1), keep: "all" });
  const second = disk.bytes().subarray(sectorBytes);
  expect([...second.subarray(0, 100)].every((byte) => byte === 1)).toBe(true);
  expect([...second.subarray(100)].every((byte) => byte === 0)).toBe(true);
});

test("an image is loaded with what was not synced, and two crashes of it may end differently", () => {
  const disk = new VirtualDisk();
  disk.write(0, filled(1));
  disk.endSync(disk.beginSync());
  disk.write(512, filled(2));
  const image = disk.image();
  disk.write(512, filled(3));
  const copies = (["all", "none"] as const).map((keep) => {
    const copy = new VirtualDisk();
    copy.load(image);
    expect([copy.unsynced, copy.bytes().length]).toEqual([1, 1024]);
    copy.crash({ random: new SeededRandom(1), keep });
    return copy.bytes().length;
  });
  expect(copies).toEqual([1024, 512]);
});

test("what was planted can be taken back, and syncs are told of", () => {
  const disk = new VirtualDisk();
  const told: string[] = [];
  disk.synced = (number, when) => told.push(`${number} ${when}`);
  disk.plant({ kind: "no space", atWrite: 1 });
  disk.unplant();
  expect(disk.write(0, filled(1))).toBe(undefined);
  disk.endSync(disk.beginSync());
  disk.plant({ kind: "sync error", atSync: 2 });
  disk.endSync(disk.beginSync());
  expect(told).toEqual(["1 begun", "1 done", "2 begun"]);
});
