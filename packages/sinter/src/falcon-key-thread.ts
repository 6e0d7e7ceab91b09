import { once } from "node:events";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { FalconKey } from "./falcon-key.js";

// A new Falcon-512 key, made in a thread that ends: that takes some tenths of a second, in which this thread goes on, and tens of
// megabytes, which go with the thread.

export async function madeFalconKey(): Promise<FalconKey> {
  const thread = new Worker(keyThread());
  const [made] = (await once(thread, "message")) as [{ readonly publicKey: Uint8Array; readonly secretKey: Uint8Array }];
  const { publicKey, secretKey } = made;
  const key = new FalconKey({ publicKey, secret: secretKey });
  secretKey.fill(0);
  await thread.terminate();
  return key;
}

/** Text, for the same reasons as in falcon-jobs.ts. The secret is moved, so that no copy of it stays there. */
function keyThread(): URL {
  const library = pathToFileURL(createRequire(import.meta.url).resolve("@noble/post-quantum/falcon.js")).href;
  const text = `
import { parentPort } from "node:worker_threads";
import { falcon512padded } from ${JSON.stringify(library)};
const { publicKey, secretKey } = falcon512padded.keygen();
const own = secretKey.slice();
secretKey.fill(0);
parentPort.postMessage({ publicKey, secretKey: own }, [own.buffer]);`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
