import { randomBytes } from "node:crypto";
import {
  asId,
  type FalconJob,
  type FalconResult,
  falconSignatureBytes,
  hybridHeadsMax,
  type LaneId,
  type Outcome,
  sealLeaf,
  sealRoot,
  sealTree,
  signatureTags,
} from "@sinter/core";
import { createNodeHasher, Ed25519Signer, Ed25519Verifier, falconModule, loadFalcon, madeFalconKey, WorkerCompute } from "sinter";
import { alternate, type Figure, figure, rounded, timed } from "./measure.js";

// What a hybrid author costs beside a classical one, whose share is the limit: the same work under Ed25519 alone. No bound is
// set, since a Falcon seal is made once a second at most, beside the turns.

/** As many as go under one signature. */
const HEADS = hybridHeadsMax;
const SLICES = 7;
const ROUNDS = 10;

const hasher = createNodeHasher();
const heads = Array.from({ length: HEADS }, (_, at) => {
  const hash = new Uint8Array(32).fill(at);
  new DataView(hash.buffer).setUint32(0, at);
  return { lane: asId<LaneId>(hash), size: at + 1, mmrRoot: hash, headId: hash };
});

const statement = (root: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(signatureTags.hybridSeal), root]);

/** One way to seal: signing, and checking what was signed. */
interface Way {
  sign(message: Uint8Array): Promise<Uint8Array>;
  check(message: Uint8Array, signature: Uint8Array): boolean;
}

export async function falcon(): Promise<readonly Figure[]> {
  const library = await loadFalcon();
  const key = await madeFalconKey();
  const compute = new WorkerCompute({ modules: { seals: falconModule() }, held: { seals: () => key.reveal() }, workers: 1 });
  const hybrid: Way = {
    sign: (message) => signedBy(compute, message),
    check: (message, signature) => library.verifyFalcon(key.publicKey, message, signature),
  };
  // Workers do not hold the process, and here nothing else does.
  const held = setInterval(() => undefined, 1_000);
  try {
    const makeKeyMs = rounded(await timed(madeFalconKey));
    return await measured([hybrid, classicalWay()], { signatureBytes: falconSignatureBytes, makeKeyMs });
  } finally {
    clearInterval(held);
    await compute.close();
  }
}

function classicalWay(): Way {
  const [signer, verifier] = [new Ed25519Signer(randomBytes(32)), new Ed25519Verifier()];
  return {
    sign: async (message) => signer.sign(message),
    check: (message, signature) => verifier.verify(signer.publicKey, message, signature),
  };
}

function signedBy(compute: WorkerCompute, message: Uint8Array): Promise<Uint8Array> {
  const job: FalconJob = { kind: "falcon sign", message };
  return new Promise((resolve, reject) =>
    compute.run("seals", job, (outcome) => {
      const answer = outcome as Outcome<FalconResult>;
      if (answer.kind === "done" && answer.result.kind === "signed") resolve(answer.result.signature);
      else reject(new Error(`no signature: ${JSON.stringify(answer)}`));
    }),
  );
}

async function measured(ways: readonly [Way, Way], details: Record<string, unknown>): Promise<readonly Figure[]> {
  const signing = await compared(ways, async (way) => void (await way.sign(randomBytes(64))));
  const sealing = await compared(ways, async (way) => void (await way.sign(statement(sealTree(hasher, leavesOf()).root))));
  const seals = await Promise.all(ways.map((way) => sealWith(way)));
  const sealOf = (way: Way) => seals[ways.indexOf(way)] as Sealed;
  const checking = await compared(ways, async (way) => expectGood(way.check(sealOf(way).message, sealOf(way).signature)));
  const verifying = await compared(ways, async (way) => expectGood(holds(way, sealOf(way))));
  return [
    reported("falcon-sign", "signatures/s", ROUNDS, signing, details),
    reported("falcon-verify", "signatures/s", ROUNDS, checking, {}),
    reported("falcon-seal-heads", "heads/s", ROUNDS * HEADS, sealing, { heads: HEADS }),
    reported("falcon-verify-heads", "heads/s", ROUNDS * HEADS, verifying, { heads: HEADS }),
  ];
}

interface Sealed {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** A path for each head: whoever verifies may have been sent each by itself. */
  readonly paths: readonly (readonly Uint8Array[])[];
}

const leavesOf = (): Uint8Array[] => heads.map((head) => sealLeaf(hasher, head));

async function sealWith(way: Way): Promise<Sealed> {
  const tree = sealTree(hasher, leavesOf());
  const message = statement(tree.root);
  return { message, signature: await way.sign(message), paths: heads.map((_, index) => tree.path(index)) };
}

/** Each head by its own path, and the signature over the root they all lead to once. */
function holds(way: Way, { message, signature, paths }: Sealed): boolean {
  const leads = heads.every((head, index) => {
    const root = sealRoot(hasher, { leaf: sealLeaf(hasher, head), index, count: HEADS, path: paths[index] as readonly Uint8Array[] });
    return root !== undefined && Buffer.compare(statement(root), message) === 0;
  });
  return leads && way.check(message, signature);
}

async function compared([ours, limit]: readonly [Way, Way], work: (way: Way) => Promise<void>) {
  const slice = (way: Way) =>
    timed(async () => {
      for (let round = 0; round < ROUNDS; round++) await work(way);
    });
  return await alternate({ count: SLICES, ours: () => slice(ours), limit: () => slice(limit) });
}

interface Taken {
  readonly ours: number;
  readonly limit: number;
}

function reported(bench: string, unit: string, count: number, taken: Taken, details: Record<string, unknown>): Figure {
  const rate = (ms: number) => (count * 1000) / ms;
  return figure({ bench, unit, reach: { kind: "at least", ratio: 0 } }, rate(taken.ours), rate(taken.limit), details);
}

function expectGood(good: boolean): void {
  if (!good) throw new Error("a signature just made does not verify");
}
