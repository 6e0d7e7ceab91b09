import { inviteAddressesMax, inviteCharsMax, isMalformed, Malformed, type PeerId } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeInvite, encodeInvite, type Invite } from "./invite.js";

const peer = "ab".repeat(32) as PeerId;
const invite: Invite = {
  addresses: [
    { host: "example.org", port: 7400 },
    { host: "::1", port: 1 },
  ],
  network: "team",
  secret: "a secret of the tests",
  peer,
};

test("an invite is one line that says its version, and all of it comes back", () => {
  const text = encodeInvite(invite);
  expect(text).toMatch(/^sinter1\.[A-Za-z0-9_-]+$/);
  expect(decodeInvite(text)).toEqual(invite);
  expect(decodeInvite(`  ${text}\n`)).toEqual(invite);
});

test("an invite is these characters, for ever", () => {
  // Made by another program.
  const made =
    "sinter1.AhBleGFtcGxlLm9yZzo3NDAwB1s6OjFdOjEEdGVhbRVhIHNlY3JldCBvZiB0aGUgdGVzdHOrq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq4toY2I";
  expect(encodeInvite(invite)).toBe(made);
});

test("an address in it may be that of a WebSocket", () => {
  const mixed = { ...invite, addresses: [{ way: "ws", host: "example.org", port: 80 } as const, ...invite.addresses] };
  expect(decodeInvite(encodeInvite(mixed))).toEqual(mixed);
});

test("any invite comes back as it was", () => {
  const address = fc.record({ host: fc.oneof(fc.ipV4(), fc.domain()), port: fc.integer({ min: 1, max: 65535 }) });
  const some = fc.record({
    addresses: fc.array(
      address.map(({ host, port }) => ({ host: host.toLowerCase(), port })),
      { maxLength: inviteAddressesMax },
    ),
    network: fc.stringMatching(/^[a-zé -]{1,30}$/),
    secret: fc.stringMatching(/^[!"$-~]{16,100}$/),
    peer: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex") as PeerId),
  });
  fc.assert(
    fc.property(some, (each) => {
      expect(decodeInvite(encodeInvite(each))).toEqual(each);
    }),
  );
});

test("a slip anywhere, and anything left out, is found", () => {
  const text = encodeInvite(invite);
  for (let at = 0; at < text.length; at++) {
    expect(isMalformed(decodeInvite(text.slice(0, at)))).toBe(true);
    expect(isMalformed(decodeInvite(text.slice(0, at) + text.slice(at + 1)))).toBe(true);
    for (const other of ["A", "z", "_", "-", "0", ".", " ", "é"]) {
      if (text[at] !== other) expect(isMalformed(decodeInvite(text.slice(0, at) + other + text.slice(at + 1)))).toBe(true);
    }
  }
  const bytes = Buffer.from(text.slice("sinter1.".length), "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const bent = Buffer.from(bytes);
    bent[bit >> 3] ^= 1 << (bit & 7);
    expect(isMalformed(decodeInvite(`sinter1.${bent.toString("base64url")}`))).toBe(true);
  }
});

test("an invite of another version asks for a newer program", () => {
  expect(decodeInvite(encodeInvite(invite).replace("sinter1", "sinter2"))).toEqual(
    new Malformed("this invite was made by another version: use a newer sinter"),
  );
});

test("any text is an invite or Malformed, however long", () => {
  fc.assert(fc.property(fc.string(), (text) => isMalformed(decodeInvite(`sinter1.${text}`))));
  expect(isMalformed(decodeInvite("x".repeat(inviteCharsMax + 1)))).toBe(true);
});

test("none is made that could not be read", () => {
  const address = { host: "example.org", port: 7400 };
  expect(() => encodeInvite({ ...invite, addresses: Array.from({ length: inviteAddressesMax + 1 }, () => address) })).toThrow(RangeError);
  expect(() => encodeInvite({ ...invite, secret: "short" })).toThrow(RangeError);
  expect(() => encodeInvite({ ...invite, network: "" })).toThrow(RangeError);
  expect(() => encodeInvite({ ...invite, addresses: [{ host: "example.org", port: 0 }] })).toThrow(RangeError);
});
