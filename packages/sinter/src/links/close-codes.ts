import { linkReasonBytesMax } from "@sinter/core";

// Why a link is closed, or never came about. The numbers are part of the wire; a number not known here is told by its text.

export const closeCodes = {
  ended: { number: 0, text: "the link was ended" },
  "shutting-down": { number: 1, text: "the peer is shutting down" },
  malformed: { number: 2, text: "something came that is no frame, or none that may come there" },
  "wrong-secret": { number: 3, text: "it does not know the network's secret: give both peers the same network and secret" },
  version: { number: 4, text: "the two speak no common version: use a newer sinter on the older side" },
  duplicate: { number: 5, text: "the two are linked already" },
  "too-many-links": { number: 6, text: "it has as many links as it may" },
  "wrong-peer": { number: 7, text: "another key answers than the one expected there" },
  timeout: { number: 8, text: "no link came about in time" },
  self: { number: 9, text: "this address is this very peer, or a copy of it" },
  overflow: { number: 10, text: "more waits for the other side than it takes" },
  refused: { number: 11, text: "the link was refused" },
  /** Never said: the connection itself did not come about, or broke. */
  unreachable: { number: 254, text: "nobody answers there" },
  lost: { number: 255, text: "the connection broke" },
} as const;

export type CloseCode = keyof typeof closeCodes;

/** Why a link is no more, and who said so. */
export interface Closing {
  readonly code: CloseCode;
  readonly reason: string;
  readonly by: "us" | "them";
}

const unsaid: readonly CloseCode[] = ["unreachable", "lost"];

export function closingOf(code: CloseCode, by: Closing["by"], reason = ""): Closing {
  return { code, reason: reason === "" ? closeCodes[code].text : reason, by };
}

/** u8 code, then a text for people. */
export function encodeClosing({ code, reason }: Closing): Uint8Array {
  const { number, text } = closeCodes[code];
  // The text of a code is known on the other side.
  const said = reason === text ? "" : reason;
  const bytes = Buffer.alloc(1 + linkReasonBytesMax);
  bytes[0] = number;
  // Cuts between characters, never inside one.
  return bytes.subarray(0, 1 + bytes.write(said, 1));
}

/** Of a close frame's payload, which has at least one byte. */
export function decodeClosing(payload: Uint8Array): Closing {
  // It ends up on terminals: no control characters, and none of the bytes that are no text.
  const reason = Buffer.from(payload.subarray(1))
    .toString("utf8")
    .replace(/[\p{C}\u{fffd}]/gu, "");
  const code = (Object.keys(closeCodes) as CloseCode[]).find((each) => closeCodes[each].number === payload[0] && !unsaid.includes(each));
  return closingOf(code ?? "refused", "them", reason);
}
