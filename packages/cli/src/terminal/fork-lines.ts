import { type ForkRow, forkText, type ProvenFork, toHex, type Withdrawal } from "@sinter/core";
import { countText, printable, quoted, shortId, timeText } from "./render.js";

// What a person is told of forks: what happened, what still counts, what to do, and what to type.

/** What scripts rely on: these keys, of which `subject` is there where the store knows it. */
export function forkJson({ proof, ...row }: ForkRow): Readonly<Record<string, unknown>> {
  return { ...row, proof: forkText(proof) };
}

/** One fork, as number `number` of the list. */
export function forkLines(row: ForkRow, number: number): string[] {
  const { author, epoch, nonce, freezeAt, whose } = row;
  const whoseFeed = whose === "own" ? "A feed of THIS store's own author" : "A feed";
  return [
    `${number}. ${whoseFeed} is forked: ${subjectOf(row)}, author ${shortId(author)}, epoch ${epoch}/${shortId(nonce)}, from event ${freezeAt} on.`,
    ...(whose === "own" ? ownLines(row) : othersLines(row)).map((line) => `   ${line}`),
  ];
}

function ownLines(row: ForkRow): string[] {
  const { freezeAt, subject } = row;
  return [
    `What happened: the key of this store signed two different events ${freezeAt} of this feed. Two stores used it, most often because`,
    "the files of a store were put back from a snapshot or an older copy, or were copied while both copies ran on.",
    ...countLines(row),
    "This store goes on by itself, in a new epoch, and appends there again what it wrote behind the fork.",
    "What to do: find where else these files are in use, and stop it there. Two stores must never share one key: give the other one a",
    `directory of its own (sinter up --data NEW-DIRECTORY)${subject === undefined ? "" : `, and look at what is here now (sinter cat ${quoted(subject)})`}.`,
    "To go back to an earlier state, use sinter backup and sinter restore, which never lead to this.",
  ];
}

function othersLines(row: ForkRow): string[] {
  const { author, freezeAt } = row;
  return [
    `What happened: the key of author ${shortId(author)} signed two different events ${freezeAt} of this feed. Two stores used it, most often because`,
    "the files of a store were put back from a snapshot or an older copy, or were copied while both copies ran on; or somebody deceives.",
    ...countLines(row),
    "Every replica that has the proof keeps and withdraws the same. Other feeds are as they were, that author's other epochs too.",
    "What to do here: nothing. Let the author know, and hand on the proof:",
    `sinter forks --proof ${freezeName(row)} > fork.txt, and on the other side sinter accuse fork.txt`,
  ];
}

function countLines({ counted, withdrawn, freezeAt }: ForkRow): string[] {
  const before = freezeAt - 1;
  const kept = counted === 0 ? (before === 0 ? "nothing" : "nothing yet") : `events 1 to ${counted}`;
  const ofHow = counted < before ? `, of ${before} that both histories share` : before === 0 ? "" : ", which both histories share";
  if (withdrawn === 0) return [`Kept: ${kept}${ofHow}. Withdrawn: nothing that was here.`];
  const gone = `${countText(withdrawn, "event")} from ${freezeAt} on, which ${withdrawn === 1 ? "stays" : "stay"} on the disk and ${withdrawn === 1 ? "is" : "are"} not read any more`;
  return [`Kept: ${kept}${ofHow}.`, `Withdrawn: ${gone}.`];
}

/** How a fork is named to `--proof`. */
export function freezeName({ author, epoch, nonce }: Pick<ForkRow, "author" | "epoch" | "nonce">): string {
  return `${shortId(author)}/${epoch}/${shortId(nonce)}`;
}

function subjectOf({ subject, subjectId }: ForkRow): string {
  return subject === undefined ? `a subject that is not here (${shortId(subjectId)})` : printable(subject);
}

export function withdrawnLine(subject: string, { author, epoch, from, to }: Withdrawal): string {
  const [which, verb] = from === to ? [`event ${from}`, "counts"] : [`events ${from} to ${to}`, "count"];
  const feed = `${shortId(author)}${epoch === 0 ? "" : `/${epoch}`}`;
  return `withdrawn: ${which} of ${feed} in ${printable(subject)} ${verb} no more; see: sinter forks ${quoted(subject)}`;
}

export function provenForkJson({ networkName, path, place, forkedAt, branches }: ProvenFork): Readonly<Record<string, unknown>> {
  const { author, epoch, subject } = place;
  return {
    author: toHex(author),
    network: networkName,
    ...(path === undefined ? {} : { subject: path }),
    subjectId: toHex(subject),
    epoch: epoch.index,
    nonce: toHex(epoch.nonce),
    freezeAt: forkedAt,
    branches: branches.map(({ id, size, stamp }) => ({ id: toHex(id), size, stamp: [stamp.wallMs, stamp.counter] })),
  };
}

/** For a person, and never more than the proof shows. */
export function provenForkLines({ networkName, path, place, forkedAt, branches }: ProvenFork): string[] {
  const { author, epoch, subject } = place;
  return [
    "holds: the key of this author signed two histories of this feed",
    `author   ${toHex(author)}`,
    `network  ${printable(networkName)}${path === undefined ? ", as it says: the proof has only the subject's id" : ""}`,
    `subject  ${path === undefined ? toHex(subject) : printable(path)}`,
    `epoch    ${epoch.index}, nonce ${toHex(epoch.nonce)}`,
    `fork     at event ${forkedAt}: the ${forkedAt - 1} before it are the same in both`,
    ...branches.map(({ id, size, stamp }) => `branch   ${toHex(id)}, of ${countText(size, "event")}, sealed ${timeText(stamp.wallMs)}`),
  ];
}
