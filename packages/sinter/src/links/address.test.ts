import { isMalformed } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressText, parseAddress } from "./address.js";

test("hosts by name, by IPv4 and, in brackets, by IPv6", () => {
  expect(parseAddress("Example.org:7400", { for: "dialling" })).toEqual({ host: "example.org", port: 7400 });
  expect(parseAddress("127.0.0.1:1", { for: "dialling" })).toEqual({ host: "127.0.0.1", port: 1 });
  expect(parseAddress("[::1]:65535", { for: "dialling" })).toEqual({ host: "::1", port: 65535 });
  expect(addressText({ host: "::1", port: 65535 })).toBe("[::1]:65535");
});

test("a WebSocket by its URL, with one text for one address", () => {
  const expected = { way: "ws", host: "example.org", port: 7400 };
  for (const text of ["ws://example.org:7400/", "WS://Example.org:7400"]) expect(parseAddress(text, { for: "dialling" })).toEqual(expected);
  expect(addressText({ way: "ws", host: "::1", port: 80 })).toBe("ws://[::1]:80/");
  expect(addressText({ way: "tls", host: "::1", port: 80 })).toBe("[::1]:80");
});

test("UDP by its URL, with one text for one address", () => {
  const expected = { way: "udp", host: "example.org", port: 7400 };
  for (const text of ["udp://example.org:7400", "UDP://Example.org:7400/"])
    expect(parseAddress(text, { for: "dialling" })).toEqual(expected);
  expect(addressText({ way: "udp", host: "::1", port: 80 })).toBe("udp://[::1]:80");
});

test("port 0 is for listening alone", () => {
  expect(parseAddress("localhost:0", { for: "listening" })).toEqual({ host: "localhost", port: 0 });
  expect(isMalformed(parseAddress("localhost:0", { for: "dialling" }))).toBe(true);
});

test.each([
  "",
  ":7400",
  "host",
  "host:",
  "host:x",
  "host:65536",
  "host:007",
  "host:-1",
  "::1:7400",
  "[host]:7400",
  "[]:7400",
  "a b:1",
  "-host:1",
  "host..org:1",
  "http://host:1",
  "wss://host:1",
  "ws://host",
  "ws://host:1/path",
  "ws://host:1//",
  "ws://ws://host:1",
  "udp://host",
  "udp:host:1",
  "udps://host:1",
  `${"a".repeat(254)}:1`,
  "x".repeat(100_000),
])("%j is no address", (text) => {
  const parsed = parseAddress(text, { for: "dialling" });
  expect(isMalformed(parsed) && parsed.reason).toMatch(/expected/);
});

test("whatever is an address is one again from its text", () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
  fc.assert(
    fc.property(fc.constantFrom("tls", "ws", "udp"), host, port, (way, name, number) => {
      const address = parseAddress(addressText({ way, host: name, port: number }), { for: "dialling" });
      if (isMalformed(address)) throw new Error(address.reason);
      expect(parseAddress(addressText(address), { for: "dialling" })).toEqual(address);
      expect([address.port, address.way ?? "tls"]).toEqual([number, way]);
    }),
  );
});

const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units));

test("any text is an address or Malformed", () => {
  fc.assert(fc.property(anyText, (text) => void parseAddress(text, { for: "listening" })));
});
