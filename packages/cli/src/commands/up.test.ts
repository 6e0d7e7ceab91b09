import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Session, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";
import type { OpenStore } from "../terminal/io.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), "cli-")), "data");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(join(dir, ".."), { recursive: true }));

async function ready(session: Session): Promise<Record<string, unknown>> {
  await vi.waitFor(() => expect(session.stdout.lines.length + session.stderr.text.length).toBeGreaterThan(0));
  expect(session.stderr.text).toBe("");
  return session.stdout.json[0];
}

interface Asked {
  readonly code: number;
  readonly type: string;
  readonly policy: string;
  readonly body: string;
}

function ask(url: string, options: { readonly method?: string; readonly host?: string } = {}): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const { method = "GET", host } = options;
    const asking = request(url, { method, headers: host === undefined ? {} : { host } }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => {
        const { headers } = response;
        resolve({
          code: response.statusCode ?? 0,
          type: String(headers["content-type"]),
          policy: String(headers["content-security-policy"]),
          body,
        });
      });
    });
    asking.on("error", reject).end();
  });
}

test("up makes the store, says where it is and what to type next, and runs until interrupted", async () => {
  const session = start(setting, ["up", "--network", "linked"]);
  await vi.waitFor(() => expect(session.stdout.lines.length).toBe(8));
  const [data, peer, , network, page, invite, joining, next] = session.stdout.lines;
  expect([data, peer, network]).toEqual([`data      ${dir}`, `peer      ${"b".repeat(64)}`, "network   linked"]);
  expect(page).toMatch(/^page {6}http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(invite).toBe("invite    sinter1.invite");
  expect(joining).toBe("Another peer joins with: sinter up --data ./another --join INVITE");
  expect(setting.stores.linking).toMatchObject({ listen: ["127.0.0.1:0"], join: "as before", sync: {} });
  expect(next).toBe(`Next, in another terminal: sinter append team/notes 'hello' --data ${dir}`);
  expect(existsSync(dir)).toBe(true);
  const status = await finish(setting, ["status"]);
  expect(status.stdout.lines.slice(-4)).toEqual([
    "link      127.0.0.1:7400  dddddddd  in sync",
    "link      127.0.0.1:7401  eeeeeeee  behind by 2 feeds, 1 feed on the way to others",
    "link      127.0.0.1:7402  stuck: wrong secret (it says so). Use the right one.",
    "disk      full: appends are refused until there is room again",
  ]);
  session.interrupt();
  expect(await session.done).toBe(0);
});

test("the status page shows what status.json says and asks nothing of anybody else", async () => {
  const session = start(setting, ["up", "--json"]);
  const { page, pid, data } = await ready(session);
  expect([pid, data]).toEqual([process.pid, dir]);
  const url = String(page);
  const html = await ask(url);
  expect([html.code, html.type]).toEqual([200, "text/html; charset=utf-8"]);
  expect(html.policy).toContain("default-src 'none'");
  expect(html.body).not.toMatch(/https?:\/\/|innerHTML/);
  await finish(setting, ["append", "team/notes", "x"]);
  const status = await ask(`${url}status.json`);
  expect(JSON.parse(status.body)).toMatchObject({ network: "home", subjects: [{ path: "team/notes", events: 1 }], disk: "roomy" });
  session.interrupt();
  expect(await session.done).toBe(0);
  await expect(ask(url)).rejects.toThrow("ECONNREFUSED");
});

test("the page is for reading, and only under this machine's own names", async () => {
  const session = start(setting, ["up", "--json"]);
  const url = String((await ready(session))["page"]);
  const port = new URL(url).port;
  expect((await ask(url, { host: "evil.example" })).code).toBe(403);
  expect((await ask(`${url}status.json`, { host: `evil.example:${port}` })).code).toBe(403);
  expect((await ask(url, { host: `localhost:${port}` })).code).toBe(200);
  expect((await ask(url, { method: "POST" })).code).toBe(405);
  expect((await ask(`${url}other`)).code).toBe(404);
  expect((await ask(`${url}?x=1`)).code).toBe(200);
  session.interrupt();
  await session.done;
});

test("a port that is taken is an error where it was asked for, and passed over where it was not", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, "127.0.0.1", () => resolve((taken.address() as { port: number }).port));
  });
  const refused = await finish(setting, ["up", "--port", String(port)]);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    `sinter: port ${port} on 127.0.0.1 is already in use by another process. Give another --port, or leave it out for any that is free.\n`,
  ]);
  expect(setting.stores.at(dir).held).toBe(false);
  await new Promise((resolve) => taken.close(resolve));
  const asked = start(setting, ["up", "--json", "--port", String(port)]);
  expect((await ready(asked))["page"]).toBe(`http://127.0.0.1:${port}/`);
  // Two peers on stores of their own: at most one of them has the usual port.
  const other = start(setting, ["up", "--json", "--data", join(dir, "other")]);
  const third = start(setting, ["up", "--json", "--data", join(dir, "third")]);
  const pages = [await ready(other), await ready(third)].map((line) => line["page"]);
  expect(new Set(pages).size).toBe(2);
  for (const session of [asked, other, third]) session.interrupt();
  expect(await Promise.all([asked.done, other.done, third.done])).toEqual([0, 0, 0]);
});

test("a peer that stops by itself ends the command with its reason", async () => {
  const stopped = new SinterError("stopped", "the peer has stopped: a bug", "Start it again.");
  const open: OpenStore = async (options) => {
    const peer = await setting.stores.open(options);
    peer.events = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(stopped) }) });
    return peer;
  };
  const stores = Object.assign(new MemoryStores(), { open });
  const { code, stdout, stderr } = await finish({ ...setting, stores }, ["up", "--json"]);
  expect([code, stdout.lines.length, stderr]).toEqual([1, 1, "sinter: the peer has stopped: a bug. Start it again.\n"]);
  expect(setting.stores.at(dir).held).toBe(false);
});

test("a second peer on a store is refused and told of the first", async () => {
  const first = start(setting, ["up", "--json"]);
  await ready(first);
  const second = await finish(setting, ["up"]);
  expect(second.code).toBe(1);
  expect(second.stderr).toBe(
    `sinter: a peer runs on ${dir} already (process ${process.pid}). Ask it with: sinter status, or stop it first.\n`,
  );
  first.interrupt();
  await first.done;
});

test("a peer started beside a command that holds the store takes it over when that one leaves", async () => {
  const follower = start(setting, ["cat", "s", "-f"]);
  await vi.waitFor(() => expect(setting.stores.opened).toBe(1));
  const peer = start(setting, ["up", "--json"], (session) => (session.stderr.isTTY = true));
  await vi.waitFor(() => expect(peer.stderr.text).toContain(`process ${process.pid} has the store for now`));
  const url = String(peer.stdout.json[0]["page"]);
  expect((await ask(`${url}status.json`)).code).toBe(200);
  follower.interrupt();
  expect(await follower.done).toBe(0);
  await vi.waitFor(() => expect(setting.stores.opened).toBe(2));
  expect((await ask(`${url}status.json`)).code).toBe(200);
  peer.interrupt();
  expect(await peer.done).toBe(0);
});
