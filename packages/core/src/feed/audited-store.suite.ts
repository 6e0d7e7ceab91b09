import { blockBytesMax } from "../bytes/limits.js";
import type { ReadableKeys } from "../protocol/key-space.js";
import { MemoryKeys } from "../store/memory-keys.js";
import { type AuditResult, auditStore } from "./audit.js";
import { hasher, network, parts, Rig, SpoilingKeys, standInVerifier } from "./feed-rig.suite.js";
import { FeedView } from "./feed-view.js";

// A store with something of everything, and the audit of one in a single go.

export const auditParts = { hasher, verifier: standInVerifier, network };

export function audited(keys: ReadableKeys, between: (step: number) => void = () => {}): AuditResult {
  const steps = auditStore(new FeedView(new SpoilingKeys(keys)), auditParts);
  for (let step = 0; ; step++) {
    const next = steps.next();
    if (next.done) return next.value;
    between(step);
  }
}

/** Subjects in one space and in others, epochs of several instances, two authors, large events, several blocks, complete
 * groups; lanes that the trie has taken in, and lanes that it has not. */
export function variedStore(scale = 1): Rig {
  const keys = new MemoryKeys();
  const other = new Rig({ keys, author: 2, instance: 7 });
  other.append("w/a", parts("of another"), parts(300));
  const before = new Rig({ keys, author: 1, instance: 1 });
  before.feed(before.command("w/a", parts("1"), parts("2")), before.command("w/a/deep", parts(40))).commit();
  const rig = new Rig({ keys, author: 1, instance: 2 });
  rig.append("w/a", ...Array.from({ length: 70 * scale }, (_, at) => parts(at % 20, at % 3 === 0 ? { key: Uint8Array.of(at) } : {})));
  rig.append("w/b", parts(60), parts(blockBytesMax), parts("behind"));
  for (let at = 0; at < 20 * scale; at++) rig.append("w/b", parts(blockBytesMax >> 3));
  rig.feed(rig.command("alone", parts("x")), rig.command("x/y/z", parts("y")), rig.command("x/y/w", parts("z"))).commit();
  rig.settle();
  rig.append("w/a", parts("not taken in"));
  rig.append("new/one", parts("nor this"));
  return rig;
}
