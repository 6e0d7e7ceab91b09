import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection } from "./connection.js";
import { StubPeer } from "./stub-peer.suite.js";

// What the holder's end makes of what it is sent, right or wrong.

let dir: string;
let server: Server;
let path: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "control-"));
  path = join(dir, "control.sock");
  const peer = new StubPeer();
  server = createServer((socket) => void new Connection(socket, peer, "peer"));
  await new Promise<void>((resolve) => server.listen(path, resolve));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});

/** What a bare socket is told until it is closed. */
async function told(said: string | Uint8Array): Promise<string> {
  const socket = connect(path);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(said);
  await closed;
  return text;
}

const hello = '{"say":"hello","version":2}\n';

test("a wrong line closes its connection with a reason", async () => {
  expect(await told("no json\n")).toContain("a line of JSON in UTF-8 expected");
  expect(await told(new Uint8Array([0xff, 0x0a]))).toContain("UTF-8");
  expect(await told('{"say":"more","id":1,"batches":1}\n')).toContain("a greeting expected first");
  expect(await told('{"say":"hello","version":9}\n')).toContain("version 2, not 9");
  expect(await told(`${hello}${hello}`)).toContain("greeted twice");
  expect(await told(`${hello}{"say":"toString"}\n`)).toContain('\\"say\\" expected');
  expect(await told(`${hello}{"say":"call","id":-1,"call":"status"}\n`)).toContain('a complete \\"call\\" expected');
  expect(await told(`${hello}{"say":"call","id":1,"call":"append","subject":"a","events":[{}]}\n`)).toContain("complete");
  expect(await told(`${hello}${'{"say":"call","id":1,"call":"events","subject":"a","follow":true}\n'.repeat(2)}`)).toContain(
    "under way already",
  );
});

test("an event in false base64 fails its call alone", async () => {
  const socket = connect(path);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  const append = (id: number, event: string) => `{"say":"call","id":${id},"call":"append","subject":"a","events":[${event}]}\n`;
  socket.write(hello + append(1, '{"payload":"???="}') + append(2, '{"payload":"AA="}') + append(3, '{"payload":"AA==","key":"*"}'));
  socket.write(append(4, '{"payload":"AA==","key":"AA=="}'));
  await vi.waitFor(() => expect(text).toContain('"say":"done","id":4'));
  for (const id of [1, 2, 3]) expect(text).toContain(`"say":"failed","id":${id},"code":"usage"`);
  socket.destroy();
});
