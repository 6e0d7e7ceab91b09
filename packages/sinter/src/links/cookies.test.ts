import { linkCookieMsMax } from "@sinter/core";
import { expect, test } from "vitest";
import { HandClock } from "../../../core/src/protocol/hand-ports.suite.js";
import { Cookies } from "./cookies.js";
import { cookieBytes, linkIdBytes } from "./datagrams.js";

const asker = { host: "192.0.2.7", port: 4_000, link: new Uint8Array(linkIdBytes) };

test("a cookie is good for who got it: not for another address, port or link, nor from another process", () => {
  const cookies = new Cookies(new HandClock());
  const cookie = cookies.bake(asker);
  expect([cookie.length, cookies.isGood(cookie, asker)]).toEqual([cookieBytes, true]);
  for (const other of [{ host: "192.0.2.8" }, { port: 4_001 }, { link: new Uint8Array(linkIdBytes).fill(1) }]) {
    expect(cookies.isGood(cookie, { ...asker, ...other })).toBe(false);
  }
  expect(new Cookies(new HandClock()).isGood(cookie, asker)).toBe(false);
  expect(cookies.isGood(new Uint8Array(cookieBytes), asker)).toBe(false);
});

test("a cookie is good for a while, and then no more", () => {
  const clock = new HandClock();
  clock.advance(linkCookieMsMax - 1);
  const cookies = new Cookies(clock);
  const cookie = cookies.bake(asker);
  clock.advance(linkCookieMsMax);
  expect(cookies.isGood(cookie, asker)).toBe(true);
  clock.advance(1);
  expect(cookies.isGood(cookie, asker)).toBe(false);
});
