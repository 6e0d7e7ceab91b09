import { frameBytesMax, linkBulkBytesMax, linkHeldBytesMax, linkSocketBytesMax } from "@sinter/core";
import { expect, test } from "vitest";
import type { WayName } from "./address.js";
import { described, type End, end, listenAny, until, ways } from "./links.suite.js";

const piece = 64 * 1024;

async function linked(right: End, way: WayName): Promise<End> {
  const left = end();
  left.links.join(await listenAny(right, way));
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  return left;
}

async function shutDown(...ends: readonly End[]): Promise<void> {
  await Promise.all(ends.map(({ links }) => links.shutDown()));
}

test.each(ways)("%s: control overtakes bulk that waits, all the while it flows", async (way) => {
  const counted = { bulk: 0, atControl: [] as number[] };
  const right = end(
    {},
    {
      arrived: (from, bytes, messageClass) => {
        if (messageClass === "bulk") right.links.credit(from, bytes.length);
        if (messageClass === "control") counted.atControl.push(counted.bulk);
        else counted.bulk += bytes.length;
      },
    },
  );
  const left = await linked(right, way);
  const to = right.links.self;
  const total = 32 * 1024 * 1024;
  for (let sent = 0; sent < total; sent += piece) left.links.send(to, new Uint8Array(piece), "bulk");
  left.links.send(to, Uint8Array.of(1), "control");
  await until(() => counted.atControl.length === 1);
  expect(counted.atControl[0]).toBeLessThanOrEqual(linkSocketBytesMax + piece);
  for (let round = 2; counted.bulk < total / 2; round++) {
    const before = counted.bulk;
    left.links.send(to, Uint8Array.of(1), "control");
    await until(() => counted.atControl.length === round);
    // What was under way, and never more than the credit.
    expect((counted.atControl[round - 1] as number) - before).toBeLessThanOrEqual(linkBulkBytesMax);
  }
  await until(() => counted.bulk === total);
  await shutDown(left, right);
});

test.each(ways)("%s: frames of any size to the largest come whole, many at a time", async (way) => {
  const right = end({}, { arrived: (from, bytes) => right.links.credit(from, bytes.length) });
  const left = await linked(right, way);
  const sizes = [0, 1, 4_095, 16_379, 16_384, 16_385, 65_536, 262_144, frameBytesMax - 1, frameBytesMax];
  for (const messageClass of ["bulk", "control"] as const) {
    const before = right.frames.length;
    for (const [index, size] of sizes.entries()) {
      left.links.send(right.links.self, new Uint8Array(size).fill(index + 1), messageClass);
    }
    await until(() => right.frames.length === before + sizes.length);
    const came = right.frames.slice(before);
    expect(came.map(({ bytes }) => bytes.length)).toEqual(sizes);
    for (const [index, { bytes }] of came.entries()) expect(bytes.every((byte) => byte === index + 1)).toBe(true);
  }
  expect(() => left.links.send(right.links.self, new Uint8Array(frameBytesMax + 1), "bulk")).toThrow(RangeError);
  await shutDown(left, right);
});

test.each(ways)("%s: more bulk than may wait closes the link, and says so", async (way) => {
  const right = end();
  const left = await linked(right, way);
  const frame = new Uint8Array(frameBytesMax);
  for (let sent = 0; sent <= linkHeldBytesMax + 2 * linkBulkBytesMax; sent += frame.length)
    left.links.send(right.links.self, frame, "bulk");
  await until(() => left.closed.length === 1 && right.closed.length === 1);
  expect(described(left).targets[0]).toMatchObject({ code: "overflow", by: "us" });
  await shutDown(left, right);
});
