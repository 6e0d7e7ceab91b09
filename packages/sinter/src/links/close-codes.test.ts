import { linkReasonBytesMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CloseCode, closeCodes, closingOf, decodeClosing, encodeClosing } from "./close-codes.js";

const said = (Object.keys(closeCodes) as CloseCode[]).filter((code) => code !== "unreachable" && code !== "lost");

test("every code reaches the other side, with its own text or with another reason", () => {
  for (const code of said) {
    expect(decodeClosing(encodeClosing(closingOf(code, "us")))).toEqual(closingOf(code, "them"));
    expect(encodeClosing(closingOf(code, "us"))).toHaveLength(1);
    expect(decodeClosing(encodeClosing(closingOf(code, "us", "because")))).toEqual(closingOf(code, "them", "because"));
  }
});

test("no two codes have one number", () => {
  const numbers = Object.values(closeCodes).map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("a long reason is cut between characters", () => {
  const cut = decodeClosing(encodeClosing(closingOf("ended", "us", "é".repeat(linkReasonBytesMax))));
  expect(cut.reason).toBe("é".repeat(linkReasonBytesMax / 2));
});

test("a code not known here is a refusal in its own words; what is only ever found out is none that can be said", () => {
  expect(decodeClosing(Uint8Array.of(200, 0x6e, 0x6f))).toEqual({ code: "refused", reason: "no", by: "them" });
  expect(decodeClosing(Uint8Array.of(255))).toEqual(closingOf("refused", "them"));
});

test("nothing that moves a terminal's cursor comes through", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 1 + linkReasonBytesMax }), (bytes) => {
      expect(decodeClosing(bytes).reason).not.toMatch(/\p{C}/u);
    }),
  );
});
