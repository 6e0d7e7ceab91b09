import { inspect } from "node:util";
import { falcon512padded } from "@noble/post-quantum/falcon.js";
import type { FalconJob, FalconResult, Outcome } from "@sinter/core";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { falconCases } from "../../core/src/identity/falcon.suite.js";
import { loadFalcon } from "./falcon.js";
import { computeFalcon, falconModule } from "./falcon-jobs.js";
import type { RevealedFalconKey } from "./falcon-key.js";
import { madeFalconKey } from "./falcon-key-thread.js";
import { WorkerCompute } from "./worker-compute.js";

const falcon = await loadFalcon();
const [key, stranger] = await Promise.all([madeFalconKey(), madeFalconKey()]);
const message = Uint8Array.of(1, 2, 3);
const signing: FalconJob = { kind: "falcon sign", message };

function computeWith(held: () => RevealedFalconKey | undefined): WorkerCompute {
  return new WorkerCompute({ modules: { seals: falconModule() }, held: { seals: held }, workers: 1 });
}

const ask = (compute: WorkerCompute, job: FalconJob) =>
  new Promise<Outcome<FalconResult>>((resolve) => compute.run("seals", job, (outcome) => resolve(outcome as Outcome<FalconResult>)));

async function answer(compute: WorkerCompute, job: FalconJob): Promise<FalconResult> {
  const outcome = await ask(compute, job);
  if (outcome.kind === "failed") throw new Error(outcome.reason);
  return outcome.result;
}

function kept(compute: WorkerCompute): WorkerCompute {
  onTestFinished(() => compute.close());
  return compute;
}

const worker = computeWith(() => key.reveal());
afterAll(() => worker.close());

for (const { name, run } of falconCases) {
  test(`falcon in a worker: ${name}`, () =>
    run(async () => ({
      publicKey: key.publicKey,
      strangerKey: stranger.publicKey,
      sign: async (text) => ((await answer(worker, { kind: "falcon sign", message: text })) as { signature: Uint8Array }).signature,
      verify: async (publicKey, text, signature) => {
        const verified = await answer(worker, { kind: "falcon verify", publicKey, message: text, signature });
        return (verified as { verdict: string }).verdict === "good";
      },
      close: async () => undefined,
    })));
}

test("what a worker signs, this thread verifies", async () => {
  const signed = await answer(worker, signing);
  expect(signed).toEqual({ kind: "signed", signature: expect.any(Uint8Array) });
  expect(falcon.verifyFalcon(key.publicKey, message, (signed as { signature: Uint8Array }).signature)).toBe(true);
});

test("a worker without a key verifies, and signs nothing", async () => {
  const compute = kept(computeWith(() => undefined));
  const signature = falcon512padded.sign(message, stranger.reveal().secret);
  const verifying: FalconJob = { kind: "falcon verify", publicKey: stranger.publicKey, message, signature };
  expect(await answer(compute, verifying)).toEqual({ kind: "verified", verdict: "good" });
  expect(await answer(compute, { ...verifying, publicKey: key.publicKey })).toEqual({ kind: "verified", verdict: "bad" });
  expect(await ask(compute, signing)).toEqual({ kind: "failed", reason: "there is no Falcon key to sign with" });
});

test("a signature that its own public key does not verify is not handed out", async () => {
  const mixed = { publicKey: stranger.publicKey, secret: key.reveal().secret };
  const outcome = await ask(kept(computeWith(() => mixed)), signing);
  expect(outcome).toEqual({ kind: "failed", reason: "Falcon made a signature that its key does not verify" });
});

test("the same jobs in this thread: a signature that does not verify throws, and none is made without a key", () => {
  const wrong = { ...falcon512padded, sign: () => new Uint8Array(666) };
  const signed = computeFalcon(falcon512padded, signing, key.reveal());
  expect(signed.kind).toBe("signed");
  expect(() => computeFalcon(wrong, signing, key.reveal())).toThrow("does not verify");
  expect(() => computeFalcon(falcon512padded, signing, undefined)).toThrow("no Falcon key");
  const verifying = { kind: "falcon verify", publicKey: key.publicKey, message, signature: new Uint8Array(666) } as const;
  expect(computeFalcon(falcon512padded, verifying, undefined)).toEqual({ kind: "verified", verdict: "bad" });
});

test("the secret shows neither in the compute port nor in what comes back from it", async () => {
  const signed = await answer(worker, signing);
  const digits = Buffer.from(key.reveal().secret);
  const shown = inspect([worker, signed, falconModule()], { showHidden: true, depth: 12, maxArrayLength: null, maxStringLength: null });
  for (const form of [digits.toString("hex"), [...digits].join(", ")]) expect(shown).not.toContain(form.slice(0, 60));
});
