import { createSocket, Socket } from "node:dgram";
import { type LookupAddress, lookup } from "node:dns";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { nodeRandom } from "../node-crypto.js";
import type { Address } from "./address.js";
import { cookieBytes, type Datagram, decodeDatagram, encodeDatagram, linkIdBytes } from "./datagrams.js";
import { described, eager, end, listenAny, networkOf, secret, until } from "./links.suite.js";
import { NoiseSession, noiseEnd } from "./noise-session.js";

// Where datagrams come from and go to: ports that are none, names with several addresses.

vi.mock("node:dns", async (actual) => ({ ...(await actual<typeof import("node:dns")>()), lookup: vi.fn() }));

/** Of a name that has an address of each family. */
const both: LookupAddress[] = [
  { address: "::1", family: 6 },
  { address: "127.0.0.1", family: 4 },
];

function lookedUp(_host: string, options: { readonly family?: number; readonly all?: boolean }, found: (...answer: unknown[]) => void) {
  const addresses = both.filter(({ family }) => [0, undefined, family].includes(options.family));
  if (options.all === true) process.nextTick(found, null, addresses);
  else process.nextTick(found, null, addresses[0]?.address, addresses[0]?.family);
}

vi.mocked(lookup).mockImplementation(lookedUp as unknown as typeof lookup);

afterEach(() => vi.restoreAllMocks());

/** One that listens, and its socket: what comes is told it by hand. */
async function listener() {
  const bind = vi.spyOn(Socket.prototype, "bind");
  const right = end();
  const address = await listenAny(right, "udp");
  const socket = bind.mock.contexts[0] as Socket;
  const heard = (bytes: Uint8Array, port: number) =>
    socket.emit("message", Buffer.from(bytes), { address: "127.0.0.1", family: "IPv4", port, size: bytes.length });
  return { right, address, socket, heard };
}

function asking(cookie: Uint8Array, link: Uint8Array): Uint8Array {
  const session = new NoiseSession("initiator", noiseEnd(end().signer, networkOf("tests"), [secret]), "datagrams");
  return encodeDatagram({ kind: "ask", link, cookie, message: session.start() as Uint8Array });
}

test("who says that he is at port 0 is dropped, and what cannot be sent is lost", async () => {
  const { right, socket, heard } = await listener();
  const ask = asking(new Uint8Array(cookieBytes), nodeRandom.bytes(linkIdBytes));
  heard(ask, 0);
  expect(described(right).dropped).toBe(1);
  const send = vi.spyOn(socket, "send").mockImplementationOnce(() => {
    throw Object.assign(new RangeError("a port that is none"), { code: "ERR_SOCKET_BAD_PORT" });
  });
  heard(ask, 9);
  expect(send).toHaveBeenCalledTimes(1);
  await right.links.shutDown();
});

test("a link goes by what it was called, whatever becomes of the bytes that said so", async () => {
  const { right, address, socket } = await listener();
  const [stranger, link] = [createSocket("udp4"), nodeRandom.bytes(linkIdBytes)];
  const heard: Datagram[] = [];
  stranger.on("message", (bytes) => heard.push(decodeDatagram(bytes) as Datagram));
  stranger.bind(0, "127.0.0.1");
  await once(stranger, "listening");
  stranger.send(asking(new Uint8Array(cookieBytes), link), address.port, address.host);
  await until(() => heard.length === 1);
  const [cookie] = heard;
  if (cookie?.kind !== "cookie") throw new Error("no cookie");
  const ask = Buffer.from(asking(cookie.cookie, link));
  const again = Buffer.from(ask);
  const from = { address: "127.0.0.1", family: "IPv4", port: stranger.address().port, size: ask.length };
  socket.emit("message", ask, from);
  ask.fill(0);
  socket.emit("message", again, from);
  await until(() => heard.length === 3);
  expect(heard.slice(1).map(({ kind }) => kind)).toEqual(["answer", "answer"]);
  stranger.close();
  await right.links.shutDown();
});

test("a place that is taken is told, and leaves no socket", async () => {
  const { right, address } = await listener();
  const other = end();
  const close = vi.spyOn(Socket.prototype, "close");
  await expect(other.links.listenOn(address)).rejects.toMatchObject({ code: "in-use" });
  expect(close).toHaveBeenCalledTimes(1);
  for (const each of [other, right]) await each.links.shutDown();
});

test("of a name with several addresses each is tried, and to listen at it one of the socket's family is taken", async () => {
  const [left, right] = [end({ limits: eager }), end()];
  const name = "both.invalid";
  const address: Address = await listenAny(right, "udp");
  left.links.join({ ...address, host: name });
  await until(() => left.opened.length === 1);
  const other = end();
  await other.links.listenOn({ way: "udp", host: name, port: 0 });
  expect(described(other).listening[0]).toContain("127.0.0.1");
  for (const each of [left, right, other]) await each.links.shutDown();
});
