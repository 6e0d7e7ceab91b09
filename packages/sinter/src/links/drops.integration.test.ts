import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Address } from "./address.js";
import { frameHead, frameKinds } from "./frames.js";
import { CountingClock, channels, described, type End, end, listenAny, patient, until } from "./links.suite.js";
import { plainly, Stranger } from "./stranger.suite.js";
import { WebSocketStranger } from "./websocket-stranger.suite.js";

// Those who connect and drop, at any stage, leave nothing behind. `npm run test:drops` does it many times more.

const times = Number(process.env["SINTER_DROPS"] ?? 240);
/** Who drops together, so that they meet in the middle of things. */
const TOGETHER = 8;
const PATIENCE_MS = 60_000 + 250 * times;
/** What a heap may differ by for no reason at all, and what each who dropped may have left in it: less than any object. */
const HEAP_BYTES = 3 * 1024 * 1024;
const EACH_BYTES = 64;

type Drop = (address: Address, right: End) => Promise<void>;

const atOnce: Drop = async (address) => {
  (await plainly(address)).destroy();
};

/** The beginning of something, whatever it is. */
const within =
  (bytes: string | Uint8Array): Drop =>
  async (address) => {
    const plain = await plainly(address);
    plain.write(bytes);
    plain.destroy();
  };

/** A member, that was let in and leaves. */
const member: Drop = async (address, right) => {
  const left = end();
  left.links.join(address);
  await until(() => left.opened.length === 1);
  left.links.send(right.links.self, new Uint8Array(100_000), "bulk");
  await left.links.shutDown();
};

const drops: Readonly<Record<"tls" | "ws", readonly Drop[]>> = {
  tls: [
    atOnce,
    within(Uint8Array.of(22, 3, 1)),
    async (address) => (await Stranger.at(address)).gone(),
    async (address, right) => {
      const stranger = await Stranger.at(address);
      stranger.hello(right.links.self);
      stranger.gone();
    },
    async (address, right) => {
      const stranger = await Stranger.at(address);
      await stranger.link(right.links.self);
      stranger.bytes(frameHead("control", 50_000));
      stranger.gone();
    },
    async (address, right) => {
      const stranger = await Stranger.at(address);
      stranger.hello(right.links.self, (channel) => ({ ...channel, binding: new Uint8Array(32) }));
      expect(await stranger.closing()).toMatchObject({ code: "wrong-secret" });
    },
    async (address, right) => {
      const stranger = await Stranger.at(address);
      await stranger.link(right.links.self);
      stranger.bytes(Uint8Array.of(frameKinds.hello, 0xff, 0xff, 0xff, 0xff));
      await stranger.closing();
    },
    member,
  ],
  ws: [
    atOnce,
    within("GET / HTTP/1.1\r\n"),
    async (address) => (await WebSocketStranger.at(address)).socket.terminate(),
    async (address) => {
      const stranger = await WebSocketStranger.at(address);
      await stranger.shakeHands();
      stranger.socket.terminate();
    },
    async (address) => {
      const stranger = await WebSocketStranger.at(address, ["a secret of others"]);
      await stranger.shakeHands();
      await stranger.closing();
    },
    member,
  ],
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function heapBytes(): Promise<number> {
  // What is let go of in one turn may only be free in the next.
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const handles = (): number => process.getActiveResourcesInfo().filter((each) => /^(TCP|TLS)/.test(each)).length;
const isLeft = (right: End): boolean =>
  described(right).sockets > 0 || described(right).handshakes > 0 || described(right).links.length > 0;

test.each(["tls", "ws"] as const)(
  "%s: those who connect and drop, at any stage, leave nothing behind",
  async (way) => {
    const clock = new CountingClock();
    const right = end({ clock, limits: { ...patient, handshakes: 64, handshakesPerAddress: 64 } });
    const address = await listenAny(right, way);
    const all = drops[way];
    const drop = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += TOGETHER) {
        const some = Array.from({ length: TOGETHER }, (_, index) => all[(done + index) % all.length] as Drop);
        await Promise.all(some.map((each) => each(address, right)));
      }
      await until(() => !isLeft(right));
      expect(right.closed).toHaveLength(right.opened.length);
      for (const told of [right.opened, right.closed, right.frames]) told.length = 0;
    };
    // The first fill caches.
    await drop(times / 4);
    const before = { handles: handles(), heap: await heapBytes(), timers: clock.waiting };
    await drop(times);
    await until(() => handles() === before.handles);
    expect(before.timers).toBe(0);
    expect(clock.waiting).toBe(0);
    expect((await heapBytes()) - before.heap).toBeLessThan(HEAP_BYTES + EACH_BYTES * times);

    const left = end();
    left.links.join(address);
    await until(() => channels(left).length === 1 && channels(right).length === 1);
    left.links.send(right.links.self, Uint8Array.of(7), "control");
    await until(() => right.frames.length === 1);
    await Promise.all([left.links.shutDown(), right.links.shutDown()]);
  },
  PATIENCE_MS,
);
