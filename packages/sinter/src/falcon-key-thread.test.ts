import { expect, test } from "vitest";
import { loadFalcon } from "./falcon.js";
import { computeFalcon } from "./falcon-jobs.js";
import { madeFalconKey } from "./falcon-key-thread.js";

test("a key made in a thread of its own signs, is verified by its other half, and no two are alike", async () => {
  const [one, other] = await Promise.all([madeFalconKey(), madeFalconKey()]);
  expect(one.publicKey).not.toEqual(other.publicKey);
  const { falcon512padded: library } = await import("@noble/post-quantum/falcon.js");
  const message = Uint8Array.of(1, 2, 3);
  const signed = computeFalcon(library, { kind: "falcon sign", message }, one.reveal());
  if (signed.kind !== "signed") throw new Error(signed.kind);
  const falcon = await loadFalcon();
  expect(falcon.verifyFalcon(one.publicKey, message, signed.signature)).toBe(true);
  expect(falcon.verifyFalcon(other.publicKey, message, signed.signature)).toBe(false);
});
