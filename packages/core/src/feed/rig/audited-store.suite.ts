import { blockBytesMax } from "../../bytes/limits.js";
import type { ReadableKeys } from "../../protocol/key-space.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import { type AuditResult, auditStore } from "../audit/audit.js";
import { FeedView } from "../lane/feed-view.js";
import { offerWithout, redact } from "./absent-lane.suite.js";
import { hasher, network, parts, Rig, SpoilingKeys, standInVerifier } from "./feed-rig.suite.js";
import { branchesOf, forkBetween, freeze, meet, placeOf } from "./forked-stores.suite.js";
import { sealHybrid } from "./hybrid-lane.suite.js";
import { offerFrom, takeOffer } from "./offered-lane.suite.js";
import { standInFalcon } from "./stand-in-falcon.suite.js";
import { putView } from "./view-entries.suite.js";

// A store with something of everything, and the audit of one in a single go.

export const auditParts = { hasher, verifier: standInVerifier, falcon: standInFalcon, network };

export function audited(keys: ReadableKeys, between: (step: number) => void = () => {}): AuditResult {
  const steps = auditStore(new FeedView(new SpoilingKeys(keys)), auditParts);
  for (let step = 0; ; step++) {
    const next = steps.next();
    if (next.done) return next.value;
    between(step);
  }
}

/** Two others who signed two histories each; of the second one nothing but that will be here. */
const held = branchesOf({ author: 3 }, 9, { from: 5, more: 3 }) as [Rig, Rig];
const unknown = branchesOf({ author: 4 }, 3, { from: 2, more: 2 }) as [Rig, Rig];

/** Not all of what this one says will be here. */
const lacking = new Rig({ author: 5 });
lacking.append("w/lacking", parts("here"), parts("not here"), parts("nor this"), parts(9));

/** Subjects in one space and in others, epochs of several instances, two authors, large events, several blocks, complete
 * groups, a frozen lane, one that is given up, payloads that are redacted or wanted; views; lanes that the trie has taken in, and lanes that it has not. */
export function variedStore(scale = 1): Rig {
  const keys = new MemoryKeys();
  const other = new Rig({ keys, author: 2, instance: 7, signatures: "hybrid" });
  other.append("w/a", parts("of another"), parts(300));
  sealHybrid(other, 2);
  other.append("w/a", parts("not sealed by the second key"));
  const before = new Rig({ keys, author: 1, instance: 1 });
  before.feed(before.command("w/a", parts("1"), parts("2")), before.command("w/a/deep", parts(40))).commit();
  const firstLane = before.laneNumber("w/a");
  const rig = new Rig({ keys, author: 1, instance: 2 });
  rig.append("w/a", ...Array.from({ length: 70 * scale }, (_, at) => parts(at % 20, at % 3 === 0 ? { key: Uint8Array.of(at) } : {})));
  rig.append("w/b", parts(60), parts(blockBytesMax), parts("behind"));
  for (let at = 0; at < 20 * scale; at++) rig.append("w/b", parts(blockBytesMax >> 3));
  rig.feed(rig.command("alone", parts("x")), rig.command("x/y/z", parts("y")), rig.command("x/y/w", parts("z"))).commit();
  meet(rig, offerFrom(held[0], "s"));
  for (const fork of [forkBetween(...held, 6), forkBetween(...unknown, 3)]) freeze(rig, fork);
  takeOffer(rig, offerWithout(lacking, 0, [2, 3]));
  rig.feed({ kind: "giveUp", token: 1, place: placeOf(rig, "w/a/deep"), from: 1 }).commit();
  rig.goOn().commit();
  redact(rig, "w/a", 5);
  redact(rig, "w/a", 2, firstLane);
  rig.settle();
  for (const [number, path] of [
    [0, "w/a"],
    [1, "w/a/deep"],
    [7, "w/lacking"],
  ] as const)
    putView(rig, number, path);
  rig.append("w/a", parts("not taken in"));
  rig.append("new/one", parts("nor this"));
  return rig;
}
