import type { MessageClass } from "@sinter/core";
import { detailsOf, type FrameFacts } from "./frame-facts.js";
import type { SimSettings } from "./record.js";

// The trace of a run, line by line: whoever has it can reckon every figure of the record again, and needs nothing else.
//
// Each line begins with the milliseconds since the run began. Peers are numbers from 0.
//
//   <ms> settings <json>                     first: what the run is made of, as SimSettings has it
//   <ms> link <peer> <peer> opened|closed    the first of the two finds that its link with the other has opened, or closed
//   <ms> <peer> sent|got <peer> control|bulk <kind> <bytes> [<name>=<value> ...] #<sum>
//                                            a frame, as the first of the two sees it: before the weather takes it, and behind it.
//                                            <bytes> is all of it, <kind> a message of docs/wire.md with "-" for blanks, and "other"
//                                            what is none of sync. <sum> is of all its bytes
//   <ms> sample <root>,<root>,... <events>,<events>,...
//                                            of each peer, "-" where it is down: the first four bytes of its root; events that it holds
//   <ms> wrote <peer> <key>                  a write is on disk where it was written
//   <ms> stopped                             nobody writes any more
//   <ms> root <peer> <root>|-                the whole root of a peer, where it is another than before; "-" while none is known
//   <ms> fault <kind> <count>                something went wrong on purpose
//   <ms> violation <text>                    what no run may show
//   <ms> ended                               what is found wrong once more after that may follow
//
// What is reckoned of them:
//
//   bytes_by_msg   frames and <bytes> by <kind>, those sent and those got
//   throughput     <bytes> sent and got, all peers, by the whole second
//   chunks         a chunk sent with a seq beyond all that its peer has sent on that stream of that link is a row; any other is a
//                  retransmission of the row of its seq, if that is not acknowledged yet. `ends=` says how many events end in it,
//                  `carries=` its bytes. It is acknowledged by the first ack got for its stream with a higher seq, or by an enough
//   acks           those two messages, sent and got
//   inflight       at each chunk sent: rows of its stream that are not acknowledged, with it
//   rounds         begin with an open sent and end with the first of: opened got with answer=same (root_equal) or other-scope
//                  (other_scope); settled got with missing=0 once a difference was sent, and no stream left that the peer has wanted on
//                  the link (caught_up, or no_diff where no difference had rows and nothing was wanted on the link since the open);
//                  the link closed, or either side said hello with a new nonce (peer_end). A stream wanted has ended with enough
//                  sent, gone got, or an ack sent beyond its last chunk. An open of another session ends the round before: as if all
//                  streams had ended, where it was settled; with no_diff where roots differed and nothing was asked or told since, with
//                  peer_end otherwise, and both at the time when something with its session was sent or got last
//   links          up when both ends have found it open, down when the first has found it closed
//   converged      when the roots of all peers became equal for the last time, or writes stopped, whichever was later

/** Everything but where it came from and when. */
export interface SeenFrame {
  readonly peer: number;
  readonly other: number;
  readonly way: "sent" | "got";
  readonly messageClass: MessageClass;
  readonly facts: FrameFacts;
  /** Events that end in a chunk that is sent for the first time. */
  readonly ends: number | undefined;
}

export function settingsLine(atMs: number, settings: SimSettings): string {
  return `${atMs} settings ${JSON.stringify(settings)}`;
}

export function frameLine(atMs: number, { peer, other, way, messageClass, facts, ends }: SeenFrame): string {
  const details = facts.message === undefined ? "" : detailsOf(facts.message);
  const told = `${details === "" ? "" : ` ${details}`}${ends === undefined ? "" : ` ends=${ends}`}`;
  return `${atMs} ${peer} ${way} ${other} ${messageClass} ${facts.kind} ${facts.bytes}${told} #${facts.sum}`;
}

export function linkLine(atMs: number, peer: number, other: number, state: "opened" | "closed"): string {
  return `${atMs} link ${peer} ${other} ${state}`;
}

export function sampleLine(atMs: number, roots: readonly (string | undefined)[], events: readonly (number | undefined)[]): string {
  return `${atMs} sample ${roots.map(orDash).join()} ${events.map(orDash).join()}`;
}

export function orDash(value: string | number | undefined): string {
  return value === undefined ? "-" : String(value);
}
