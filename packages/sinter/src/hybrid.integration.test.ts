import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hybridVerifyJob, isMalformed, offeredHybrid, offeredRange } from "@sinter/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadFalcon } from "./falcon.js";
import { keyFileName } from "./key-file.js";
import { createNodeHasher } from "./node-hasher.js";
import { open } from "./open.js";
import { repair } from "./repair.js";

// The default author, with Falcon-512 as it is, a worker that signs, and a store on disk.

const hasher = createNodeHasher();
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sinter-hybrid-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const events = (count: number) => Array.from({ length: count }, (_, at) => ({ payload: new TextEncoder().encode(`event ${at}`) }));

test("a hybrid author's events are sealed by both keys by the time the peer is closed, and an audit checks both", async () => {
  const first = await open({ dir: join(dir, "own"), network: "hybrid", signatures: "hybrid", control: "none" });
  await first.append("team/notes", events(3));
  await first.append("team/plans", events(1));
  await first.close();

  const again = await open({ dir: join(dir, "own"), signatures: "ed25519", control: "none" });
  try {
    expect(JSON.parse(readFileSync(join(dir, "own", keyFileName), "utf8"))).toMatchObject({ author: { type: "hybrid" } });
    expect((await again.feeds()).map(({ size, hybridSize }) => [size, hybridSize])).toEqual([
      [3, 3],
      [1, 1],
    ]);
    expect(await again.audit()).toMatchObject({ ok: true, problems: [] });
    const read = [];
    for await (const { seq } of again.events("team/notes", { assurance: "hybrid" })) read.push(seq);
    expect(read).toEqual([1, 2, 3]);
  } finally {
    await again.close();
  }
  expect((await repair({ dir: join(dir, "own") })).mended).toEqual([]);
});

test("another store takes the events, then the seal; until then nothing of it is read with hybrid assurance", async () => {
  const [from, to] = [
    await open({ dir: join(dir, "own"), control: "none" }),
    await open({ dir: join(dir, "other"), network: "hybrid", signatures: "ed25519", control: "none" }),
  ];
  try {
    const lane = [...from.view.lanes(from.view.subjectId("team/notes" as never) as never)][0]?.number as number;
    const offer = offeredRange(from.view, hasher, { lane, from: 1, bytes: 1 << 20 });
    const seal = offeredHybrid(from.view, lane);
    if (offer === undefined || seal === undefined) throw new Error("nothing to offer");
    expect(await to.takeSeal(seal)).toBe("ahead");
    expect(await to.take(offer)).toMatchObject({ kind: "taken", size: 3 });
    const read = async () => {
      const seqs = [];
      for await (const { seq } of to.events("team/notes", { assurance: "hybrid" })) seqs.push(seq);
      return seqs;
    };
    expect(await read()).toEqual([]);
    const forged = { ...seal, seal: { ...seal.seal, signature: seal.seal.signature.with(300, 1 ^ (seal.seal.signature[300] as number)) } };
    expect(isMalformed(await to.takeSeal(forged))).toBe(true);
    expect(await to.takeSeal(seal)).toBe("taken");
    expect(await to.takeSeal(seal)).toBe("held");
    expect(await read()).toEqual([1, 2, 3]);
    expect(await to.audit()).toMatchObject({ ok: true, problems: [] });
  } finally {
    await to.close();
    await from.close();
  }
});

test("the second signature goes to another store with exported segments", async () => {
  const archive = join(dir, "archive");
  const [from, to] = [
    await open({ dir: join(dir, "own"), control: "none" }),
    await open({ dir: join(dir, "archived"), network: "hybrid", signatures: "ed25519", control: "none" }),
  ];
  try {
    await from.export("team/notes", archive);
    expect((await to.import(archive)).feeds).toMatchObject([{ outcome: "taken", taken: 3, hybrid: "taken" }]);
    expect((await to.import(archive)).feeds).toMatchObject([{ outcome: "held", hybrid: "held" }]);
    expect(await to.feeds()).toMatchObject([{ size: 3, hybridSize: 3 }]);
    expect(await to.audit()).toMatchObject({ ok: true, problems: [] });
  } finally {
    await to.close();
    await from.close();
  }
});

test("Falcon-512 as loaded verifies what the peer made", async () => {
  const peer = await open({ dir: join(dir, "own"), control: "none" });
  try {
    const falcon = await loadFalcon();
    const seal = offeredHybrid(peer.view, 0);
    const keys = seal && peer.view.keysOf(seal.place.author);
    if (seal === undefined || keys?.suite !== 2) throw new Error("no hybrid seal");
    const job = hybridVerifyJob(hasher, keys, seal);
    if (isMalformed(job)) throw new Error(job.reason);
    expect(falcon.verifyFalcon(job.publicKey, job.message, job.signature)).toBe(true);
  } finally {
    await peer.close();
  }
});
