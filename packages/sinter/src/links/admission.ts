/** Places for connections: so many together, and so many for each remote address. */
export interface AdmissionLimits {
  readonly together: number;
  readonly perAddress: number;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #perAddress = new Map<string, number>();
  #together = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#together;
  }

  /** How to give the place back, once; nothing, if there is none. */
  enter(address: string): (() => void) | undefined {
    const here = this.#perAddress.get(address) ?? 0;
    if (this.#together >= this.#limits.together || here >= this.#limits.perAddress) return undefined;
    this.#together++;
    this.#perAddress.set(address, here + 1);
    let held = 1;
    return () => {
      if (held-- === 1) this.#leave(address);
    };
  }

  #leave(address: string): void {
    this.#together--;
    const left = (this.#perAddress.get(address) as number) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }
}

/** Groups of an IPv6 address that name a network: whoever has one has all the addresses in it. */
const networkGroups = 4;

/** What counts as one remote address: an IPv4 address, or a /64 of IPv6. */
export function admittedAs(remote: string): string {
  const v4 = /^(?:::ffff:)?([0-9.]+)$/i.exec(remote)?.[1];
  if (v4 !== undefined || !remote.includes(":")) return v4 ?? remote;
  const [before = "", after = ""] = remote.split("::");
  const [first, last] = [before, after].map((part) => (part === "" ? [] : part.split(":"))) as [string[], string[]];
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
  return groups.slice(0, networkGroups).join(":");
}
