import { type Accusation, type Decoded, type ForkRow, forkText, isMalformed, parseForkText, type Withdrawal } from "@sinter/core";
import { type Guard, isText, isWhole, list, oneOf, optional, shape } from "./shape.js";

// What the two ends of a control socket say of forks. Proofs go as the text that a person would paste.

export interface ForksCall {
  readonly call: "forks";
  readonly subject?: string;
}

export interface AccuseCall {
  readonly call: "accuse";
  readonly proof: string;
}

export interface WireForkRow extends Omit<ForkRow, "proof"> {
  readonly proof: string;
}

export interface WireAccusation extends Omit<Accusation, "fork"> {
  readonly fork: WireForkRow;
}

export const isForksCall: Guard<ForksCall> = shape<ForksCall>({ call: oneOf("forks"), subject: optional(isText) });
export const isAccuseCall: Guard<AccuseCall> = shape<AccuseCall>({ call: oneOf("accuse"), proof: isText });

export const isWithdrawal: Guard<Withdrawal> = shape<Withdrawal>({
  author: isText,
  epoch: isWhole,
  nonce: isText,
  from: isWhole,
  to: isWhole,
});

const isForkRow: Guard<WireForkRow> = shape<WireForkRow>({
  subject: optional(isText),
  subjectId: isText,
  author: isText,
  epoch: isWhole,
  nonce: isText,
  freezeAt: isWhole,
  counted: isWhole,
  withdrawn: isWhole,
  whose: oneOf("own", "another's"),
  proof: isText,
});
/** The length of the answer bounds it. */
export const isForkRows: Guard<readonly WireForkRow[]> = list(isForkRow, Number.MAX_SAFE_INTEGER);
export const isAccusation: Guard<WireAccusation> = shape<WireAccusation>({ news: oneOf("frozen", "known"), fork: isForkRow });

export function wireForkRow(row: ForkRow): WireForkRow {
  return { ...row, proof: forkText(row.proof) };
}

export function forkRowFromWire(wire: WireForkRow): Decoded<ForkRow> {
  const proof = parseForkText(wire.proof);
  return isMalformed(proof) ? proof : { ...wire, proof };
}
