import { expect, test } from "vitest";
import { sendingRangeBytes, streamRangesMax } from "../bytes/limits.js";
import { hasher } from "../feed/rig/feed-rig.suite.js";
import type { Row } from "./messages.js";
import { rowOf } from "./rows.js";
import { link, SteppedPeer, talk } from "./stepped-peers.suite.js";
import { Wanting } from "./wanting.js";

test("of what is wanted the one that has had its turn comes behind all others", () => {
  const [a, b, c] = [new SteppedPeer(1), new SteppedPeer(2), new SteppedPeer(3)];
  a.append("team/long", "1");
  c.append("team/other", "1");
  link(a, b);
  talk([a, b]);
  const rowAt = ({ rig }: SteppedPeer, path: string) => rowOf(rig.view, hasher, rig.laneNumber(path)) as Row;
  const [long, other] = [{ ...rowAt(a, "team/long"), size: 5 }, rowAt(c, "team/other")];
  const wanting = new Wanting(hasher);
  for (const row of [long, other]) wanting.consider(a.id, row, b.rig.view);
  const first = wanting.next(a.id, b.rig.view);
  expect(first).toMatchObject({ row: long, from: 2 });
  a.append("team/long", "2");
  talk([a, b]);
  wanting.ended(a.id, first?.key ?? "", "whole", b.rig.view);
  expect(wanting.next(a.id, b.rig.view)).toMatchObject({ row: other, from: 1 });
  expect(wanting.next(a.id, b.rig.view)).toMatchObject({ row: long, from: 3 });
});

test("a stream has so many ranges and no more: the rest of a long lane is asked for again", () => {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  const events = Array.from({ length: 10 }, () => "x".repeat(sendingRangeBytes / 2));
  for (let at = 0; at < streamRangesMax / 4; at++) a.append("team/long", ...events);
  link(a, b);
  const said = talk([a, b]);
  expect(b.root()).toBe(a.root());
  const wants = said.flatMap(({ message }) => (message.kind === "want" ? [message.from] : []));
  expect(wants.length).toBeGreaterThan(1);
  expect(wants.length).toBeLessThanOrEqual(3);
});
