import { expect, test } from "vitest";
import { type TransportUnderTest, transportCases } from "../../../core/src/protocol/transport.suite.js";
import type { WayName } from "./address.js";
import { described, end, listenAny, twoSigners, until, ways } from "./links.suite.js";

async function pair(way: WayName, dialling: "left" | "right"): Promise<TransportUnderTest> {
  // The side that chooses is on the left, so that it dials once and listens once.
  const [small, large] = twoSigners();
  const [left, right] = [end({ signer: small }), end({ signer: large })];
  const [from, to] = dialling === "left" ? [left, right] : [right, left];
  const address = await listenAny(to, way);
  return {
    left: { id: left.links.self, transport: left.links },
    right: { id: right.links.self, transport: right.links },
    link: () => {
      from.links.leave(address);
      from.links.join(address);
    },
    until,
    close: async () => {
      await Promise.all([left.links.shutDown(), right.links.shutDown()]);
      expect([described(left).sockets, described(right).sockets]).toEqual([0, 0]);
    },
  };
}

const cases = ways.flatMap((way) => (["left", "right"] as const).flatMap((side) => transportCases.map((each) => ({ way, side, ...each }))));
for (const { way, side, name, run } of cases) test(`transport, ${way} dialled from the ${side}: ${name}`, () => run(() => pair(way, side)));
