import type { LinkEvents, LinkTraits, PeerId, Transport } from "@sinter/core";
import { expect, test } from "vitest";
import { FailingLinks } from "./failing-links.js";

const peer = "aa" as PeerId;
const traits: LinkTraits = { delivery: "lossless", integrity: "vouched" };
const frame = new Uint8Array([1]);

test("a link that has failed is kept back until it recovers, whatever is dialled below", () => {
  const said: string[] = [];
  const below = { events: undefined as LinkEvents | undefined };
  const transport: Transport = {
    listen: (events) => {
      below.events = events;
    },
    send: () => said.push("sent below"),
    credit: () => said.push("credited below"),
    close: () => {
      said.push("closed below");
      below.events?.closed(peer);
    },
  };
  const links = new FailingLinks(transport);
  links.listen({ opened: () => said.push("opened"), closed: () => said.push("closed"), arrived: () => said.push("arrived") });
  const step = (what: () => void) => {
    said.length = 0;
    what();
    return [...said];
  };
  const arrives = () => below.events?.arrived(peer, frame, "control");
  const dialled = () => below.events?.opened(peer, traits);
  expect(step(dialled)).toEqual(["opened"]);
  expect(step(arrives)).toEqual(["arrived"]);
  expect(step(() => links.send(peer, frame, "control"))).toEqual(["sent below"]);
  expect(step(() => links.fail(peer))).toEqual(["closed below", "closed"]);
  expect(step(dialled)).toEqual([]);
  expect(step(arrives)).toEqual([]);
  expect(step(() => links.send(peer, frame, "control"))).toEqual([]);
  expect(step(() => links.recover(peer))).toEqual(["opened"]);
  expect(step(() => links.recover(peer))).toEqual([]);
  expect(step(() => links.credit(peer, 1))).toEqual(["credited below"]);
  // One that recovers before anybody has dialled opens by itself.
  step(() => links.fail(peer));
  expect(step(() => links.recover(peer))).toEqual([]);
  expect(step(dialled)).toEqual(["opened"]);
  // One that fails once more meanwhile waits for the last of it, unless all are over.
  step(() => [links.fail(peer), links.fail(peer), dialled()]);
  expect(step(() => links.recover(peer))).toEqual([]);
  expect(step(() => links.recover(peer))).toEqual(["opened"]);
  step(() => [links.fail(peer), links.fail(peer), dialled()]);
  expect(step(() => links.heal(peer))).toEqual(["opened"]);
  expect(step(() => links.recover(peer))).toEqual([]);
});
