import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { differencePartsMax, differenceRowsMax, frameBytesMax } from "../bytes/limits.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { hasher, network, nonce, pathOf } from "../feed/rig/feed-rig.suite.js";
import { laneOf } from "../feed/seal/checkpoint.js";
import { type AuthorId, asId, subjectId } from "../identity/ids.js";
import { plainTraits } from "../protocol/hand-ports.suite.js";
import type { Instant, PeerId, Random } from "../protocol/protocol.js";
import { Asking } from "./asking.js";
import { encodeSyncMessage } from "./codec.js";
import { everything, salt } from "./held-rows.suite.js";
import { SyncLink } from "./link-state.js";
import type { Row, Scope, SyncMessage } from "./messages.js";
import type { RowIndex } from "./row-index.js";
import { SeenLanes } from "./seen-lanes.js";
import { type Around, defaultKnobs, Out } from "./sync-vocabulary.js";

const other = { root: new Uint8Array(16).fill(1), sum: new Uint8Array(8), rows: 0 };
const random: Random = { below: () => 0, bytes: (length) => new Uint8Array(length) };

/** A lane each of so many authors, each of one event: no more of them than rows are made of. */
function rowsOnly(count: number) {
  const epoch = { index: 0, nonce: nonce(0) };
  const subject = subjectId(hasher, network, pathOf("team/log"));
  const authors = Array.from({ length: count }, (_, lane) => {
    const author = new Uint8Array(32);
    new DataView(author.buffer).setUint32(0, lane);
    return asId<AuthorId>(author);
  });
  const head = { size: 1, headId: new Uint8Array(32).fill(7), freezeAt: 0 };
  const placeOf = (author: AuthorId) => ({ author, subject, epoch });
  const byId = new Map(authors.map((author, lane) => [toHex(laneOf(hasher, placeOf(author))), lane]));
  const view = {
    lane: (lane: number) => authors[lane] && placeOf(authors[lane]),
    head: (lane: number) => authors[lane] && head,
    hybrid: () => undefined,
    frontier: () => undefined,
  };
  const from = (first: number) => authors.flatMap((_, lane) => (lane < first ? [] : [lane]));
  const index = {
    lanesEnd: count,
    lanesFrom: (_view: FeedView, _scope: Scope, first: number) => from(first).values(),
    laneOfId: (_view: FeedView, id: Uint8Array) => byId.get(toHex(id)),
    sum: () => [0, 0],
    rowsIn: () => count,
  };
  return { view: view as unknown as FeedView, index: index as unknown as RowIndex };
}

/** Who asks, of a store with so many rows, and all that it says. */
function asking(rows: number) {
  const { view, index } = rowsOnly(rows);
  const now = 0 as Instant;
  const link = new SyncLink({ peer: "b" as PeerId, traits: plainTraits }, { nonce: new Uint8Array(16), number: 1 }, { random, now });
  link.scope = everything;
  const out = new Out();
  const around: Around = { ...{ view, random, out, now, wallMs: 0, disk: "roomy" }, lanes: new SeenLanes(view, hasher) };
  const knobs = { ...defaultKnobs, reconciler: "frontier" } as const;
  const settled = (run: (then: Around) => void, then: Around): void => run(then);
  const asks = new Asking(
    {
      ...{ hasher, view, knobs, salt, index, link, settled },
      missing: () => 0,
      consider: () => {},
      agreed: () => {},
    },
    now,
  );
  const said = (): SyncMessage[] => out.effects.splice(0).flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
  /** A session in which they tell all the rows that they hold. */
  const session = (held: readonly Row[]) => {
    const [open] = said();
    if (open?.kind !== "open") throw new Error("no session is opened");
    const tell = { kind: "rows", rows: held, next: undefined } as const;
    asks.opened({ kind: "opened", session: open.session, digest: { ...other, rows: held.length }, tell }, around);
    const parts = said().flatMap((message) => (message.kind === "difference" ? [message] : []));
    asks.heardSettled({ kind: "settled", session: open.session, missing: 0 }, around);
    return parts;
  };
  asks.begin(around);
  return { session };
}

test("of a difference as large as may be told at once all is told; of a larger one the rest is in the next session", () => {
  const most = differenceRowsMax * differencePartsMax;
  const { session } = asking(most + 1);
  const first = session([]);
  expect(first.map(({ part, parts }) => [part, parts])).toEqual(
    Array.from({ length: differencePartsMax }, (_, at) => [at, differencePartsMax]),
  );
  expect(first.every(({ rows }) => rows.length === differenceRowsMax)).toBe(true);
  expect(Math.max(...first.map((message) => encodeSyncMessage(message).length))).toBeLessThan(frameBytesMax);
  const told = first.flatMap(({ rows }) => rows);
  const rest = session(told);
  expect(rest.map(({ part, parts, rows }) => [part, parts, rows.length])).toEqual([[0, 1, 1]]);
  const authors = (of: readonly Row[]) => of.map(({ author }) => toHex(author));
  expect(authors(told)).not.toContain(authors(rest[0]?.rows ?? [])[0]);
  const whole = asking(most).session([]);
  expect(authors(whole.flatMap(({ rows }) => rows))).toEqual(authors(told));
});
