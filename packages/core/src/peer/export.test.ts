import { expect, test } from "vitest";
import { DamagedStore } from "../feed/lane/feed-view.js";
import { hasher, network, networkName, nonce, parts, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { append, copyOf, exchange, pass } from "../feed/rig/twins.suite.js";
import { subjectId } from "../identity/ids.js";
import { blockKey } from "../store/keys.js";
import { type ExportPart, type ExportSource, exportSegments } from "./export.js";
import { codeOf } from "./peer-rig.suite.js";

// An export while others get their turns: what they write meanwhile is not in it, and what they replace ends it.

const subject = subjectId(hasher, network, pathOf("s"));
const COUNT = 900;
const many = (what: string) => Array.from({ length: COUNT }, (_, at) => `${what} ${at}`.padEnd(200, "."));

/** Answers all parts; in the turn of this number that others get, `meanwhile` happens. */
async function exported(rig: Rig, turn: number, meanwhile: () => void): Promise<ExportPart[]> {
  let turns = 0;
  const between = () => {
    if (++turns === turn) meanwhile();
  };
  const durable: ExportSource["durable"] = async (read) => read();
  const source = { view: rig.view, hasher, networkName, durable, goesOn: () => undefined, soon: async () => between() };
  const found: ExportPart[] = [];
  for await (const part of exportSegments(source, pathOf("s"))) found.push(part);
  if (turns < turn) throw new Error(`others had ${turns} turns`);
  return found;
}

/** A store that was put back and wrote on, and another that knows what it had written before. */
function putBack(theirs: readonly string[], mine: readonly string[]): { readonly back: Rig; readonly other: Rig } {
  const [store, other] = [new Rig(), new Rig({ author: 2, instance: 102 })];
  append(store, "1");
  const snapshot = copyOf(store);
  append(store, ...theirs);
  pass(store, other);
  const back = new Rig({ keys: snapshot });
  append(back, ...mine);
  return { back, other };
}

test("a lane whose end is replaced while it is exported ends the export, whether or not what came is as long, and says what to do", async () => {
  for (const theirs of [many("theirs"), ["less"], [...many("theirs"), ...many("more")]]) {
    for (const turn of [1, 2]) {
      const { back, other } = putBack(theirs, many("mine."));
      expect(await codeOf(exported(back, turn, () => exchange(back, other)))).toBe("busy");
      expect((await exported(back, 1, () => undefined)).at(-1)).toMatchObject({ kind: "index", lacks: "nothing" });
    }
  }
});

test("so it is with a lane that was read before that, and with one of which others hold more or that is to be replaced", async () => {
  // Lanes of the author that come after it are read last.
  const { back, other } = putBack(["theirs"], ["mine"]);
  const later = new Rig({ keys: copyOf(back), instance: 200 });
  append(later, ...many("of another epoch"));
  const giveUp = {
    kind: "giveUp",
    token: 1,
    place: { author: later.author, subject, epoch: { index: 0, nonce: nonce(1) } },
    from: 2,
  } as const;
  expect(await codeOf(exported(later, 1, () => exchange(later, other)))).toBe("busy");
  const again = new Rig({ keys: copyOf(back), instance: 200 });
  append(again, ...many("of another epoch"));
  expect(await codeOf(exported(again, 1, () => again.feed(giveUp).commit()))).toBe("busy");
});

test("what was only written behind it, or in another's feed, does not disturb an export", async () => {
  const { back, other } = putBack(["theirs"], ["mine"]);
  exchange(back, other);
  append(back, ...many("mine"));
  const found = await exported(back, 1, () => {
    append(back, "more");
    append(other, "of another");
    exchange(back, other);
  });
  expect(found.at(-1)).toMatchObject({ kind: "index" });
});

test("what a disk has lost is damage, and not somebody else's doing", async () => {
  const rig = new Rig();
  rig.append("s", ...many("mine").map((text) => parts(text)));
  const last = rig.view.head(0)?.lastBlockSeq ?? 0;
  await expect(exported(rig, 1, () => rig.keys.remove(blockKey(0, last)))).rejects.toThrow(DamagedStore);
});
