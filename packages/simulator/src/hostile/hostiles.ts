import {
  type AuthorId,
  type Hasher,
  type NetworkId,
  networkId,
  type PeerId,
  type RangeOffer,
  type Signer,
  type SubjectPath,
  toHex,
  type Verifier,
} from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { Timeline } from "../timeline.js";
import type { VirtualNetwork } from "../virtual-network.js";
import { Equivocating, Flood, LyingRows, SlowLoris } from "./crowding.js";
import { EndlessSketches } from "./endless.js";
import { type Equivocation, type EquivocationOptions, equivocation } from "./equivocation.js";
import { ForgedRanges, Replays } from "./forging.js";
import { HostileActor, type Hostility } from "./hostile-actor.js";
import type { HostilePlan } from "./hostile-plan.js";
import { HugeCounts, RandomBytes } from "./noise.js";
import { Scribe } from "./scribe.js";

export interface HostilesParts {
  readonly plans: readonly HostilePlan[];
  /** What honest peers write to: an event of a hostile author is to be wanted. */
  readonly subjects: readonly SubjectPath[];
  /** Of honest peers, by their index. */
  readonly idOf: (index: number) => PeerId;
  /** Honest authors of one key, in whose name lies may be told. */
  readonly victims: readonly AuthorId[];
  readonly network: { readonly name: string; readonly id: NetworkId };
  readonly salt: Uint8Array;
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly signerOf: (secret: Uint8Array) => Signer;
  readonly random: SeededRandom;
  readonly virtual: { readonly network: VirtualNetwork; readonly timeline: Timeline };
  /** What a right clock shows when all begins. */
  readonly wallMs: number;
}

export interface HostilePeer {
  readonly plan: HostilePlan;
  readonly actor: HostileActor;
  /** Of its own, and which of what it wrote counts nowhere once it is proven. */
  readonly equivocation: Equivocation | undefined;
  /** Payloads that its author wrote as it should be. */
  readonly written: { readonly author: string; readonly payloads: readonly string[] };
}

const ID_BYTES = 32;
const SECRET_BYTES = 32;
const ELSEWHERE = "elsewhere";
const FORGED_BYTES = 12;
const HOUR_MS = 3_600_000;

export function hostilesOf(parts: HostilesParts): readonly HostilePeer[] {
  return parts.plans.map((plan, number) => hostileOf(parts, plan, number));
}

function hostileOf(parts: HostilesParts, plan: HostilePlan, number: number): HostilePeer {
  const { hasher, verifier, network, salt, virtual, wallMs } = parts;
  const random = parts.random.stream(`hostile ${number}`);
  const signer = parts.signerOf(random.bytes(SECRET_BYTES));
  const path = random.pick(parts.subjects);
  const writes = { hasher, signer, verifier, network, path, seed: `${random.seed}/hostile ${number}`, number, wallMs, random };
  const written = equivocation(writes);
  const actor = new HostileActor({
    id: toHex(random.bytes(ID_BYTES)) as PeerId,
    kind: plan.kind,
    network: virtual.network,
    timeline: virtual.timeline,
    random: random.stream("links"),
    salt,
    wallMs: () => wallMs + virtual.timeline.now,
    everyMs: plan.everyMs,
    hostility: hostilityOf(plan, writes, written, parts.victims),
  });
  for (const index of plan.linkedTo) actor.linkTo(parts.idOf(index));
  const { stem, branches } = written.payloads;
  return {
    plan,
    actor,
    equivocation: plan.kind === "equivocation" ? written : undefined,
    written: { author: toHex(written.author), payloads: [...stem, ...branches[0], ...branches[1]] },
  };
}

function hostilityOf({ kind }: HostilePlan, writes: EquivocationOptions, written: Equivocation, victims: readonly AuthorId[]): Hostility {
  const random = writes.random.stream("turns");
  switch (kind) {
    case "endless sketches":
      return new EndlessSketches(random);
    case "huge counts":
      return new HugeCounts(random);
    case "forged ranges":
      return new ForgedRanges(random, { signer: writes.signer, own: written.branches[0], falselySigned: falselySigned(writes, victims) });
    case "replays":
      return new Replays(random, elsewhere(writes).branches[0]);
    case "slow loris":
      return new SlowLoris(random);
    case "random bytes":
      return new RandomBytes(random);
    case "flood":
      return new Flood(random);
    case "lying rows":
      return new LyingRows(random);
    case "equivocation":
      return new Equivocating(written);
  }
}

/** The same author in another network. */
function elsewhere(writes: EquivocationOptions): Equivocation {
  return equivocation({ ...writes, network: { name: ELSEWHERE, id: networkId(writes.hasher, ELSEWHERE) } });
}

/** What an honest author never wrote, and somebody else signed: nothing else is wrong with it. */
function falselySigned({ random, wallMs, ...writes }: EquivocationOptions, victims: readonly AuthorId[]): readonly RangeOffer[] {
  return victims.flatMap((inTheNameOf) => {
    const payloads = [random.bytes(FORGED_BYTES)];
    return new Scribe({ ...writes, inTheNameOf }).write({ payloads, wallMs: wallMs - HOUR_MS, inode: 1n }).offers;
  });
}
