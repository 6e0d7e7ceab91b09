import { expect } from "vitest";
import { linkBulkBytesMax } from "../bytes/limits.js";
import type { Transport } from "./ports.js";
import type { MessageClass, PeerId } from "./protocol.js";

// What every Transport must do. The adapter brings two ends and a way to link them; cases listen before they link.

export interface TransportUnderTest {
  readonly left: { readonly id: PeerId; readonly transport: Transport };
  readonly right: { readonly id: PeerId; readonly transport: Transport };
  /** Opens a link between the two. Both have been listened to. */
  link(): void;
  /** Lets time pass, real or virtual, until the condition holds; rejects if it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export type MakeTransport = () => Promise<TransportUnderTest>;

export interface TransportCase {
  readonly name: string;
  run(make: MakeTransport): Promise<void>;
}

/** What one end was told, in order. */
interface Heard {
  readonly opened: PeerId[];
  readonly closed: PeerId[];
  readonly control: number[];
  readonly bulk: number[];
  bulkBytes: number;
  readonly all: string[];
}

interface Ends extends TransportUnderTest {
  readonly leftHeard: Heard;
  readonly rightHeard: Heard;
}

const BULK_FRAME_BYTES = 64 * 1024;

/** A frame that begins with a number, so that order can be seen. */
function frame(number: number, length = 8): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function listen(transport: Transport): Heard {
  const heard: Heard = { opened: [], closed: [], control: [], bulk: [], bulkBytes: 0, all: [] };
  transport.listen({
    opened: (peer) => {
      heard.opened.push(peer);
      heard.all.push("opened");
    },
    closed: (peer) => {
      heard.closed.push(peer);
      heard.all.push("closed");
    },
    arrived: (_from, bytes, messageClass: MessageClass) => {
      heard[messageClass].push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
      if (messageClass === "bulk") heard.bulkBytes += bytes.length;
      heard.all.push("arrived");
    },
  });
  return heard;
}

function transportCase(name: string, body: (ends: Ends) => Promise<void>): TransportCase {
  return {
    name,
    run: async (make) => {
      const under = await make();
      try {
        await body({ ...under, leftHeard: listen(under.left.transport), rightHeard: listen(under.right.transport) });
      } finally {
        await under.close();
      }
    },
  };
}

async function linked({ link, until, leftHeard, rightHeard }: Ends): Promise<void> {
  link();
  expect([...leftHeard.all, ...rightHeard.all]).toEqual([]);
  await until(() => leftHeard.opened.length > 0 && rightHeard.opened.length > 0);
}

const opens = transportCase("a link opens on both sides, and each knows the other", async (ends) => {
  await linked(ends);
  expect(ends.leftHeard.all).toEqual(["opened"]);
  expect(ends.leftHeard.opened).toEqual([ends.right.id]);
  expect(ends.rightHeard.opened).toEqual([ends.left.id]);
});

const inOrder = transportCase("frames of a class arrive whole and in order, both ways", async (ends) => {
  await linked(ends);
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  for (const number of numbers) {
    ends.left.transport.send(ends.right.id, frame(number), "control");
    ends.left.transport.send(ends.right.id, frame(number, 100), "bulk");
    ends.right.transport.send(ends.left.id, frame(number), "control");
  }
  expect(ends.rightHeard.all).toEqual(["opened"]);
  await ends.until(() => ends.rightHeard.control.length + ends.rightHeard.bulk.length === 200 && ends.leftHeard.control.length === 100);
  expect(ends.rightHeard.control).toEqual(numbers);
  expect(ends.rightHeard.bulk).toEqual(numbers);
  expect(ends.rightHeard.bulkBytes).toBe(100 * 100);
  expect(ends.leftHeard.control).toEqual(numbers);
});

const closes = transportCase("closing is told to both sides, once, and never before close returns", async (ends) => {
  await linked(ends);
  ends.left.transport.close(ends.right.id, "enough");
  expect(ends.leftHeard.closed).toEqual([]);
  await ends.until(() => ends.leftHeard.closed.length > 0 && ends.rightHeard.closed.length > 0);
  ends.left.transport.close(ends.right.id, "again");
  await reopened(ends);
  expect(ends.leftHeard.closed).toEqual([ends.right.id]);
  expect(ends.rightHeard.closed).toEqual([ends.left.id]);
});

/** Opens a second link and says something on it, so that whatever was still under way has come by. */
async function reopened(ends: Ends): Promise<void> {
  const { leftHeard, rightHeard } = ends;
  ends.link();
  await ends.until(() => leftHeard.opened.length === 2 && rightHeard.opened.length === 2);
  ends.left.transport.send(ends.right.id, frame(4_000_000), "control");
  ends.left.transport.send(ends.right.id, frame(4_000_000), "bulk");
  await ends.until(() => rightHeard.control.at(-1) === 4_000_000 && rightHeard.bulk.at(-1) === 4_000_000);
}

const nothingAfterClosed = transportCase("nothing arrives from a peer once its link is closed", async (ends) => {
  await linked(ends);
  for (let number = 0; number < 20; number++) ends.left.transport.send(ends.right.id, frame(number, 1_000), "bulk");
  ends.right.transport.close(ends.left.id, "enough");
  await ends.until(() => ends.leftHeard.closed.length > 0 && ends.rightHeard.closed.length > 0);
  const before = ends.rightHeard.bulk.length;
  await reopened(ends);
  expect(ends.rightHeard.bulk.slice(before)).toEqual([4_000_000]);
  expect(ends.rightHeard.all.slice(ends.rightHeard.all.indexOf("closed"))).toEqual(["closed", "opened", "arrived", "arrived"]);
});

const unlinked = transportCase("sending to, crediting or closing a peer that is not linked does nothing", async (ends) => {
  const stranger = "00".repeat(32) as PeerId;
  for (const peer of [stranger, ends.right.id]) {
    ends.left.transport.send(peer, frame(1), "control");
    ends.left.transport.send(peer, frame(1), "bulk");
    ends.left.transport.credit(peer, 1_000);
    ends.left.transport.close(peer, "not there");
  }
  await linked(ends);
  ends.left.transport.send(ends.right.id, frame(2), "control");
  ends.left.transport.send(ends.right.id, frame(2), "bulk");
  await ends.until(() => ends.rightHeard.control.length > 0 && ends.rightHeard.bulk.length > 0);
  expect([ends.rightHeard.control, ends.rightHeard.bulk]).toEqual([[2], [2]]);
  expect([...ends.leftHeard.closed, ...ends.rightHeard.closed]).toEqual([]);
});

const credited = transportCase("bulk beyond the credit waits for more; control goes by", async (ends) => {
  await linked(ends);
  const frames = (3 * linkBulkBytesMax) / BULK_FRAME_BYTES;
  for (let number = 0; number < frames; number++) ends.left.transport.send(ends.right.id, frame(number, BULK_FRAME_BYTES), "bulk");
  ends.left.transport.send(ends.right.id, frame(7), "control");
  await ends.until(() => ends.rightHeard.control.length === 1 && ends.rightHeard.bulkBytes === linkBulkBytesMax);
  let credit = linkBulkBytesMax;
  while (ends.rightHeard.bulk.length < frames) {
    ends.right.transport.credit(ends.left.id, BULK_FRAME_BYTES / 2);
    credit += BULK_FRAME_BYTES / 2;
    const whole = Math.min(frames, Math.floor(credit / BULK_FRAME_BYTES));
    await ends.until(() => ends.rightHeard.bulk.length >= whole);
    expect(ends.rightHeard.bulkBytes).toBeLessThanOrEqual(credit);
  }
  expect(ends.rightHeard.bulk).toEqual(Array.from({ length: frames }, (_, index) => index));
});

const freshCredit = transportCase("a new link starts with fresh credit, and forgets what waited on the old one", async (ends) => {
  await linked(ends);
  const frames = (2 * linkBulkBytesMax) / BULK_FRAME_BYTES;
  for (let number = 0; number < frames; number++) ends.left.transport.send(ends.right.id, frame(number, BULK_FRAME_BYTES), "bulk");
  await ends.until(() => ends.rightHeard.bulkBytes === linkBulkBytesMax);
  ends.right.transport.close(ends.left.id, "start again");
  await ends.until(() => ends.leftHeard.closed.length > 0 && ends.rightHeard.closed.length > 0);
  await reopened(ends);
  expect(ends.rightHeard.bulk.slice(frames / 2)).toEqual([4_000_000]);
});

export const transportCases: readonly TransportCase[] = [opens, inOrder, closes, nothingAfterClosed, unlinked, credited, freshCredit];
