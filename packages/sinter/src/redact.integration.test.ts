import { isMalformed, parseProofText, proofText, verifyProof } from "@sinter/core";
import { expect, test } from "vitest";
import { Ed25519Verifier } from "./node-crypto.js";
import { createNodeHasher } from "./node-hasher.js";
import { freshDir, read, texts, withPeer } from "./open-stores.suite.js";

const SUBJECT = "team/notes";

test("what is redacted is gone when the store is opened again, and everything else of it is as it was", async () => {
  const dir = freshDir();
  const classical = { signatures: "ed25519" } as const;
  const root = await withPeer(
    dir,
    async (peer) => {
      const { author } = await peer.append(SUBJECT, texts("one", "the secret", "three"));
      const [, before] = await read(peer, SUBJECT);
      await peer.redact(SUBJECT, { seq: 2 });
      await peer.append(SUBJECT, texts("four"));
      const [, redacted] = await read(peer, SUBJECT);
      expect(redacted).toEqual({ ...before, payload: undefined, absent: "redacted" });
      const proof = parseProofText(proofText(await peer.prove(SUBJECT, { author, seq: 2 })));
      const shown = isMalformed(proof) ? proof : verifyProof(proof, { hasher: createNodeHasher(), verifier: new Ed25519Verifier() });
      expect(shown).toMatchObject({ seq: 2, payload: undefined });
      return (await peer.status()).root;
    },
    classical,
  );
  await withPeer(
    dir,
    async (peer) => {
      const found = await read(peer, SUBJECT);
      expect(found.map(({ seq, absent }) => [seq, absent])).toEqual([
        [1, undefined],
        [2, "redacted"],
        [3, undefined],
        [5, undefined],
      ]);
      expect((await peer.status()).root).toBe(root);
      expect((await peer.audit()).problems).toEqual([]);
      expect(await peer.wanted()).toEqual({ wanted: [] });
    },
    classical,
  );
});
