import { expect, test } from "vitest";
import { Rig } from "./feed-rig.suite.js";
import {
  bentBlocks,
  bentIndexes,
  bentSegments,
  bentWords,
  expectRefused,
  fillEach,
  foreign,
  importing,
  own,
  smallSegments,
} from "./ingress.suite.js";
import { takeOffer } from "./offered-lane.suite.js";
import { piecesOf, variedLanes, withoutPayloads } from "./varied-lanes.suite.js";

// What takes too long for ingress.test.ts: more than 200 events, each bit at each way in for events, whatever comes with them.

const lanes = variedLanes().map((lane) => [lane.name, lane] as const);
const some = lanes.filter(([name]) =>
  ["of two keys, under seals of several heads", "with events appended again", "crafted"].includes(name),
);
const reader = () => new Rig({ author: 90, instance: 90 });

test.each(lanes)("every bit of a lane that comes back to a store of its author is vouched for: %s", (name, lane) => {
  const rig = reader();
  for (const piece of piecesOf(lane, 10)) {
    expect(own(rig)(piece)).toBe("comes");
    expectRefused(name, bentBlocks(piece), own(rig));
    expect(takeOffer(rig, piece)).toBe("taken");
  }
});

test.each(some)("every bit of a lane that comes without its payloads is vouched for: %s", (name, lane) => {
  const rig = reader();
  for (const piece of piecesOf(lane, 10).map(withoutPayloads)) {
    expect(foreign(rig, piece)(piece)).toBe("verified");
    expectRefused(name, bentBlocks(piece), foreign(rig, piece));
    expect(takeOffer(rig, piece)).toBe("taken");
  }
});

test.each(lanes)("every bit of what comes with the blocks of a lane is vouched for: %s", (name, lane) => {
  const rig = reader();
  for (const [at, piece] of piecesOf(lane, Math.ceil(lane.size / 2)).entries()) {
    const wayIn = at === 0 ? foreign(rig, piece) : own(rig);
    expect(wayIn(piece)).toBe(at === 0 ? "verified" : "comes");
    expectRefused(name, bentWords(piece), wayIn);
    takeOffer(rig, piece);
  }
});

test.each(some)("every bit of the segments of a lane is vouched for, and of their index: %s", (name, lane) => {
  const archive = smallSegments(lane, Math.ceil(lane.size / 3));
  const files = [...archive.files.keys()];
  for (const [at, file] of files.entries()) {
    const left = files.length - at;
    expect(importing(archive, at)(archive)).toBe(`${left} segments of ${left}`);
    expectRefused(`${name}: ${file}`, bentSegments(archive, file), importing(archive, at));
  }
  expectRefused(`${name}: index`, bentIndexes(archive), importing(archive));
});

test("every bit of the payloads of more than 150 events is vouched for where their hashes alone are here", () => {
  let events = 0;
  for (const [, lane] of lanes) {
    const rig = reader();
    for (const piece of piecesOf(lane, 50)) takeOffer(rig, withoutPayloads(piece));
    events += fillEach(rig, lane);
  }
  expect(events).toBeGreaterThan(150);
});
