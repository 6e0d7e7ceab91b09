import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { FalconJob, FalconResult } from "@sinter/core";
import type { FalconLibrary } from "./falcon.js";
import type { RevealedFalconKey } from "./falcon-key.js";

/** Does a job. A worker runs it from its text, so it names nothing but what it is given. `held` is the key of the worker;
 * one without a key verifies. */
export function computeFalcon(library: FalconLibrary, job: FalconJob, held: RevealedFalconKey | undefined): FalconResult {
  if (job.kind === "falcon verify") {
    return { kind: "verified", verdict: library.verify(job.signature, job.message, job.publicKey) ? "good" : "bad" };
  }
  if (held === undefined) throw new Error("there is no Falcon key to sign with");
  const signature = library.sign(job.message, held.secret);
  // One that is wrong (a fault in the sampler, halves of two keys) could tell of the secret, and would be held against us.
  if (!library.verify(signature, job.message, held.publicKey)) throw new Error("Falcon made a signature that its key does not verify");
  return { kind: "signed", signature };
}

/** The module that a worker computes Falcon jobs with. Text, as the worker itself is: the same in a build, a bundle and a
 * test. It finds the library by its place, since text has none of its own to look from. */
export function falconModule(): URL {
  const library = pathToFileURL(createRequire(import.meta.url).resolve("@noble/post-quantum/falcon.js")).href;
  const text = `
import { falcon512padded } from ${JSON.stringify(library)};
const compute = ${computeFalcon};
export const execute = (job, held) => compute(falcon512padded, job, held);`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
