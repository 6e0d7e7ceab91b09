import { type ProvenEvent, toHex } from "@sinter/core";
import { payloadJson, payloadText, printable, timeText } from "./render.js";

/** What scripts rely on: these keys, of which `payload`, `payload64` or `payloadHash` is one, and `origin` where there is one. */
export function provenJson(shown: ProvenEvent): Readonly<Record<string, unknown>> {
  const { author, networkName, path, epoch, seq, id, stamp, kind, origin, payload, payloadHash, assurance, sealed } = shown;
  return {
    author: toHex(author),
    network: networkName,
    subject: path,
    epoch: epoch.index,
    nonce: toHex(epoch.nonce),
    seq,
    id: toHex(id),
    stamp: [stamp.wallMs, stamp.counter],
    kind,
    ...(payload === undefined ? { payloadHash: toHex(payloadHash) } : payloadJson(payload)),
    ...(origin && { origin: originJson(origin) }),
    assurance,
    sealed: { size: sealed.size, stamp: [sealed.stamp.wallMs, sealed.stamp.counter] },
  };
}

function originJson({ epoch, seq, stamp, id }: NonNullable<ProvenEvent["origin"]>) {
  return { epoch: epoch.index, nonce: toHex(epoch.nonce), seq, stamp: [stamp.wallMs, stamp.counter], id: toHex(id) };
}

const SIGNED = {
  classical: "the key of this author",
  hybrid: "both keys of this author, Ed25519 and Falcon-512,",
  unchecked: "the Ed25519 key of this author",
} as const;

/** For a person, and never more than the proof shows. */
export function provenLines(shown: ProvenEvent): string[] {
  const { author, networkName, path, epoch, seq, id, stamp, kind, origin, payload, payloadHash, assurance, sealed } = shown;
  const said = payload === undefined ? `not shown; its hash is ${toHex(payloadHash)}` : payloadText(payload);
  return [
    `holds: ${SIGNED[assurance]} signed for this event, at this place`,
    `author   ${toHex(author)}`,
    `network  ${printable(networkName)}`,
    `subject  ${printable(path)}`,
    `epoch    ${epoch.index}, nonce ${toHex(epoch.nonce)}`,
    `seq      ${seq}, of ${sealed.size} that the seal covers`,
    `id       ${toHex(id)}`,
    `stamp    ${timeText(stamp.wallMs)}, counter ${stamp.counter}`,
    ...(origin === undefined ? [] : [`origin   epoch ${origin.epoch.index}, seq ${origin.seq}: by its author, it stood there first`]),
    `kind     ${kind}`,
    `payload  ${said}`,
  ];
}
