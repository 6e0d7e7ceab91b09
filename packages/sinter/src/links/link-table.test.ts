import type { LinkTraits, MessageClass, PeerId } from "@sinter/core";
import { expect, test } from "vitest";
import { type Connection, LinkTable } from "./link-table.js";

const peer = "aa".repeat(32) as PeerId;

interface Fake extends Connection {
  state: string;
  openedMoment: number;
  said: string[];
}

interface FakeOptions {
  readonly of?: PeerId;
  readonly direction?: "dialling" | "listening";
  readonly instance?: number;
  readonly moment?: number;
}

function fake({ of = peer, direction = "listening", instance = 1, moment = 1 }: FakeOptions = {}): Fake {
  const said: string[] = [];
  const greeting = { versions: { least: 1, most: 1 }, instance: Uint8Array.of(instance), moment };
  const close = (code: string): void => {
    made.state = "closed";
    said.push(code);
  };
  const send = (frame: Uint8Array, messageClass: MessageClass): void => void said.push(`${messageClass} ${frame[0]}`);
  const traits: LinkTraits = { delivery: "lossless", integrity: "vouched" };
  const credit = () => undefined;
  const made: Fake = { peer: of, direction, state: "choosing", greeting, openedMoment: 0, traits, said, send, credit, close };
  return made;
}

function table(most?: number): { table: LinkTable<Fake>; told: string[] } {
  const told: string[] = [];
  const made = new LinkTable<Fake>(most);
  made.listen({ opened: () => told.push("opened"), closed: () => told.push("closed"), arrived: () => told.push("arrived") });
  return { table: made, told };
}

function open(made: LinkTable<Fake>, connection: Fake, moment: number): void {
  connection.state = "open";
  connection.openedMoment = moment;
  made.opened(connection);
}

test("the first that comes up is chosen, and a second is turned away while the first is about to be the link", () => {
  const { table: links, told } = table();
  const [first, second] = [fake({ moment: 1 }), fake({ moment: 2 })];
  expect(links.choose(first)).toBe(undefined);
  expect(links.choose(second)).toBe("duplicate");
  expect(told).toEqual([]);
  open(links, first, 3);
  expect([told, links.link(peer)]).toEqual([["opened"], first]);
});

test("a hello from before the link's opening crossed it; one from after it says that the link is lost", () => {
  const { table: links, told } = table();
  const first = fake({ moment: 1 });
  links.choose(first);
  open(links, first, 5);
  expect(links.choose(fake({ moment: 4 }))).toBe("duplicate");
  expect(first.said).toEqual([]);
  const next = fake({ moment: 6 });
  expect(links.choose(next)).toBe(undefined);
  expect(first.said).toEqual(["duplicate"]);
  expect(links.closed(first)).toBe("link");
  open(links, next, 7);
  expect(told).toEqual(["opened", "closed", "opened"]);
});

test("what the other peer answers when it is dialled says nothing of the link", () => {
  const { table: links } = table();
  const first = fake({ moment: 1 });
  links.choose(first);
  open(links, first, 5);
  expect(links.choose(fake({ moment: 9, direction: "dialling" }))).toBe("duplicate");
});

test("a peer that was started anew has no link any more", () => {
  const { table: links } = table();
  const first = fake({ instance: 1, moment: 100 });
  links.choose(first);
  expect(links.choose(fake({ instance: 2, moment: 1, direction: "dialling" }))).toBe(undefined);
  expect(first.said).toEqual(["duplicate"]);
});

test("where the other peer chooses, its choice holds, and closing is told before opening", () => {
  const { table: links, told } = table();
  const [first, second] = [fake(), fake()];
  links.take(first);
  open(links, first, 1);
  expect(links.take(second)).toBe(undefined);
  open(links, second, 2);
  expect(told).toEqual(["opened", "closed", "opened"]);
  // News of the first comes late.
  expect(links.closed(first)).toBe("connection");
  expect([told.length, links.link(peer)]).toEqual([3, second]);
  expect(links.closed(second)).toBe("link");
  expect([told.at(-1), links.link(peer)]).toEqual(["closed", undefined]);
});

test("a connection that was chosen and came to nothing makes room for the next", () => {
  const { table: links, told } = table();
  const first = fake();
  links.choose(first);
  expect(links.closed(first)).toBe("connection");
  expect(links.choose(fake())).toBe(undefined);
  expect(told).toEqual([]);
});

test("links are bounded; one that takes another's place is none too many", () => {
  const { table: links } = table(1);
  const first = fake();
  links.take(first);
  expect(links.take(fake({ of: "bb".repeat(32) as PeerId }))).toBe("too-many-links");
  expect(links.choose(fake({ of: "bb".repeat(32) as PeerId }))).toBe("too-many-links");
  expect(links.take(fake())).toBe(undefined);
});

test("what closes before its key is known is nobody's link", () => {
  const { table: links, told } = table();
  expect(links.closed({ ...fake(), peer: undefined })).toBe("connection");
  expect(told).toEqual([]);
});
