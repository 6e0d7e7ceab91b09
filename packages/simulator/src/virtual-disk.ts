import { GrowingBytes } from "./growing-bytes.js";
import type { SeededRandom } from "./seeded-random.js";

// One file on a machine that may lose its power. What is written is seen at once, by whoever reads the file; it is on
// the platter once a sync that began later has ended. A crash keeps any subset of the sector writes between, in no
// order a program could count on, and may tear one.

export const sectorBytes = 512;
const ROOM_BYTES = 2 ** 40;

/** Writes and syncs are counted from 1 over the whole life of the disk, reopenings included: see `writes`, `syncs`. */
export type DiskFault =
  /** This sector write finds the disk full; the next ones do not. */
  | { readonly kind: "no space"; readonly atWrite: number }
  | { readonly kind: "write error"; readonly atWrite: number }
  /** What the sync was for is seen by readers still, and on the platter or not. */
  | { readonly kind: "sync error"; readonly atSync: number }
  | { readonly kind: "slow sync"; readonly atSync: number; readonly extraMs: number }
  /** The machine stops just before this sector write: neither it nor anything later happens. */
  | { readonly kind: "power cut"; readonly atWrite: number };

export type WriteFailure = "no space" | "write error" | "power cut";

export interface DiskTiming {
  /** From a commit to its write, at most. */
  readonly writeMs: number;
  readonly syncLeastMs: number;
  readonly syncMostMs: number;
}

export interface CrashOptions {
  readonly random: SeededRandom;
  /** What becomes of unsynced sector writes; a random subset, with one of them possibly torn, if left out. */
  readonly keep?: "random subset" | "all" | "none";
}

export interface CrashReport {
  readonly unsynced: number;
  readonly kept: number;
  /** Of those kept, how many reached the platter with one half only. */
  readonly torn: number;
}

interface PendingWrite {
  readonly number: number;
  readonly sector: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A bit that flips whenever these bytes are read: the medium rotted, and nothing noticed. */
export interface Rot {
  readonly offset: number;
  readonly mask: number;
}

/** All that a disk holds, and what a crash would do to it: to be looked at again and again. */
export interface DiskImage {
  readonly platter: Uint8Array;
  readonly seen: Uint8Array;
  readonly pending: readonly PendingWrite[];
  readonly rot: readonly Rot[];
}

export interface VirtualDiskOptions {
  readonly capacityBytes?: number;
  readonly timing?: Partial<DiskTiming>;
}

export class VirtualDisk {
  readonly #platter = new GrowingBytes();
  readonly #seen = new GrowingBytes();
  #pending: PendingWrite[] = [];
  #planted: DiskFault[] = [];
  readonly #fired: DiskFault[] = [];
  #power: "on" | "cut" = "on";
  #writes = 0;
  #syncs = 0;
  timing: DiskTiming;
  capacityBytes: number;
  rot: Rot[] = [];
  /** Told when a planted power cut happens. */
  powerCut: (() => void) | undefined;
  /** Told when a sync has begun, and when it has ended well. */
  synced: ((number: number, when: "begun" | "done") => void) | undefined;

  constructor({ capacityBytes = ROOM_BYTES, timing = {} }: VirtualDiskOptions = {}) {
    this.capacityBytes = capacityBytes;
    this.timing = { writeMs: 0.05, syncLeastMs: 0.1, syncMostMs: 2, ...timing };
  }

  /** Sector writes asked for so far. */
  get writes(): number {
    return this.#writes;
  }

  /** Syncs begun so far. */
  get syncs(): number {
    return this.#syncs;
  }

  /** Sector writes a crash may lose. */
  get unsynced(): number {
    return this.#pending.length;
  }

  get fired(): readonly DiskFault[] {
    return this.#fired;
  }

  get power(): "on" | "cut" {
    return this.#power;
  }

  plant(fault: DiskFault): void {
    this.#planted.push(fault);
  }

  /** Takes back what was planted and has not fired. */
  unplant(): void {
    this.#planted = [];
  }

  image(): DiskImage {
    const pending = this.#pending.map((write) => ({ ...write, bytes: write.bytes.slice() }));
    return { platter: this.#platter.all().slice(), seen: this.#seen.all().slice(), pending, rot: [...this.rot] };
  }

  /** Becomes a copy of another disk, with the same writes not yet synced. Only done while nothing runs on it. */
  load({ platter, seen, pending, rot }: DiskImage): void {
    this.#platter.truncate(0);
    this.#platter.write(0, platter);
    this.#seen.truncate(0);
    this.#seen.write(0, seen);
    this.#pending = pending.map((write) => ({ ...write, bytes: write.bytes.slice() }));
    this.#power = "on";
    this.rot = [...rot];
  }

  /** The file as a reader sees it, not to be changed. */
  bytes(): Uint8Array {
    return this.#seen.all();
  }

  /** Writes sector by sector; a failure leaves the sectors before it written. */
  write(offset: number, bytes: Uint8Array): WriteFailure | undefined {
    for (let at = 0; at < bytes.length; ) {
      const sector = Math.floor((offset + at) / sectorBytes);
      const end = Math.min(bytes.length, (sector + 1) * sectorBytes - offset);
      const failure = this.#writeSector(sector, offset + at, bytes.subarray(at, end));
      if (failure !== undefined) return failure;
      at = end;
    }
    return undefined;
  }

  /** Begins a sync of all that is written now; the answer is for `endSync`, and says how much longer than usual it takes. */
  beginSync(): { readonly number: number; readonly upTo: number; readonly extraMs: number } {
    this.#syncs += 1;
    const slow = this.#take((fault) => fault.kind === "slow sync" && fault.atSync === this.#syncs);
    this.synced?.(this.#syncs, "begun");
    return { number: this.#syncs, upTo: this.#writes, extraMs: slow?.kind === "slow sync" ? slow.extraMs : 0 };
  }

  /** `power cut`: the sync never ends, and nobody is there to be told. */
  endSync({ number, upTo }: { readonly number: number; readonly upTo: number }): "done" | "sync error" | "power cut" {
    if (this.#power === "cut") return "power cut";
    if (this.#take((fault) => fault.kind === "sync error" && fault.atSync === number) !== undefined) return "sync error";
    const durable = this.#pending.findIndex((write) => write.number > upTo);
    for (const write of this.#pending.splice(0, durable < 0 ? this.#pending.length : durable)) {
      this.#platter.write(write.sector * sectorBytes, write.bytes);
    }
    this.synced?.(number, "done");
    return "done";
  }

  /** Loses what a loss of power would lose, and turns the power on again. Planted faults not yet fired stay planted. */
  crash({ random, keep = "random subset" }: CrashOptions): CrashReport {
    // A fixed half would never keep nearly all of many writes, nor nearly none.
    const rate = keep === "all" ? 1 : keep === "none" ? 0 : random.pick([0.1, 0.5, 0.9]);
    const unsynced = this.#pending;
    const kept = unsynced.filter(() => random.chance(rate) === "yes");
    const torn = keep === "random subset" && kept.length > 0 && random.chance(0.5) === "yes" ? random.pick(kept) : undefined;
    for (const write of kept) {
      const from = write === torn ? random.pick([0, sectorBytes / 2]) : 0;
      const to = write === torn ? from + sectorBytes / 2 : sectorBytes;
      this.#platter.write(write.sector * sectorBytes + from, write.bytes.subarray(from, to));
    }
    this.#pending = [];
    this.#power = "on";
    this.#seen.copyFrom(this.#platter);
    return { unsynced: unsynced.length, kept: kept.length, torn: torn === undefined ? 0 : 1 };
  }

  /** Cuts the file off, at once and for good: what a file system's journal makes of it. Only done while opening. */
  truncate(length: number): void {
    this.#seen.truncate(length);
    this.#platter.truncate(length);
    this.rot = this.rot.filter((rot) => rot.offset < length);
    const whole = Math.floor(length / sectorBytes);
    this.#pending = this.#pending.filter((write) => write.sector < whole || (write.sector === whole && length % sectorBytes > 0));
    for (const write of this.#pending) if (write.sector === whole) write.bytes.fill(0, length % sectorBytes);
  }

  #writeSector(sector: number, offset: number, bytes: Uint8Array): WriteFailure | undefined {
    if (this.#power === "cut") return "power cut";
    this.#writes += 1;
    const number = this.#writes;
    const fault = this.#take((planted) => "atWrite" in planted && planted.atWrite === number);
    if (fault?.kind === "power cut") {
      this.#power = "cut";
      this.powerCut?.();
      return "power cut";
    }
    if (fault?.kind === "write error") return "write error";
    if (fault?.kind === "no space" || (sector + 1) * sectorBytes > this.capacityBytes) return "no space";
    this.#seen.write(offset, bytes);
    this.#pending.push({ number, sector, bytes: this.#seen.read(sector * sectorBytes, sectorBytes) });
    return undefined;
  }

  #take(matches: (fault: DiskFault) => boolean): DiskFault | undefined {
    if (this.#planted.length === 0) return undefined;
    const at = this.#planted.findIndex(matches);
    if (at < 0) return undefined;
    const [fault] = this.#planted.splice(at, 1);
    this.#fired.push(fault as DiskFault);
    return fault;
  }
}
