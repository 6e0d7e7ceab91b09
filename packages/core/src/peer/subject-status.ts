import { toHex } from "../bytes/hex.js";
import { equalBytes } from "../bytes/order.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { SubjectId } from "../identity/ids.js";
import type { LinkStatus } from "./peer-api.js";
import type { Quarantined, SubjectStatus, SubjectTrouble } from "./subject-api.js";
import type { Standing } from "./syncing.js";

// How one subject stands: to those who are linked, and to what is here of it.

/** By what is said of all links, and of this subject on them. */
export interface SubjectLinks {
  readonly links: readonly LinkStatus[];
  readonly standing: Standing;
}

export interface SubjectHere extends SubjectLinks {
  readonly path: string;
  readonly subject: SubjectId;
  readonly view: FeedView;
  readonly fold: "current" | "folding";
  readonly waits: Iterable<FoldWait>;
  readonly wallMs: number;
  readonly quarantined: readonly Quarantined[];
}

/** A feed that is not folded to its end. */
export interface FoldWait {
  readonly author: string;
  readonly seq: number;
  readonly wait: { readonly why: "future"; readonly wallMs: number } | { readonly why: "wanted" };
}

type FoldCause = Exclude<SubjectTrouble["cause"], NonNullable<LinkStatus["cause"]>>;

const FIXES: Readonly<Record<FoldCause, string>> = {
  frozen: "See sinter forks. What its author writes there counts nowhere; it goes on once the author's own store knows of the fork.",
  held: "See that the clocks of both machines are right: it counts by itself once its time has come.",
  absent: "It is asked of every peer that is linked: link to one that has it. sinter wanted lists what is missing.",
  quarantined: "Read the subject through the type that it was written with, or see that all who write to it use one version of it.",
};

/** Of what is the same whomever one asks, one is told. */
const OURS: ReadonlySet<SubjectTrouble["cause"]> = new Set(["paused here", "disk full", "damaged"]);

const AUTHOR_CHARS = 8;

export function subjectStatus(here: SubjectHere): SubjectStatus {
  const { path, links, standing, fold } = here;
  const { behind, ahead, unreached } = standing;
  const troubles = [...linkTroubles(here), ...foldTroubles(here)];
  return { path, state: stateOf(), behind, ahead, unreached, troubles };

  function stateOf(): SubjectStatus["state"] {
    if (troubles.length > 0) return "stuck";
    if (fold === "folding") return "folding";
    if (behind > 0 || ahead > 0 || unreached > 0) return "behind";
    if (links.length === 0) return "alone";
    // A link may be behind in other subjects alone, and yet have compared no roots.
    return standing.unsettled > 0 || links.some(({ state }) => state === "comparing") ? "comparing" : "in sync";
  }
}

function linkTroubles({ links, standing }: SubjectLinks): SubjectTrouble[] {
  const troubles: SubjectTrouble[] = [];
  for (const { address, peer, cause, detail, fix } of links) {
    const isApart = peer !== undefined && standing.apart.some((apart) => apart === peer);
    const told = cause ?? (isApart ? "interest not mutual" : undefined);
    if (told === undefined) continue;
    if (OURS.has(told) && troubles.some((trouble) => trouble.cause === told)) continue;
    const where = OURS.has(told) ? {} : { address, ...(peer !== undefined && { peer }) };
    troubles.push({ cause: told, ...where, ...(detail !== undefined && { detail }), fix: fix ?? NOT_SHARED });
  }
  return troubles;
}

const NOT_SHARED = "Give both peers the subject, or its space: --spaces.";

function foldTroubles({ view, subject, waits, quarantined, wallMs }: SubjectHere): SubjectTrouble[] {
  const troubles: SubjectTrouble[] = [];
  const say = (cause: FoldCause, detail: string) => troubles.push({ cause, detail, fix: FIXES[cause] });
  for (const { place, forkedAt } of view.forks()) {
    const { author, epoch } = place;
    if (!equalBytes(place.subject, subject)) continue;
    // Whoever was told of it writes on in a later epoch: then nothing is held back any more.
    if ([...view.lanes(subject, author)].some((lane) => lane.epoch.index > epoch.index)) continue;
    say("frozen", `the feed of ${toHex(author).slice(0, AUTHOR_CHARS)} has two histories from event ${forkedAt} on`);
  }
  for (const { author, seq, wait } of waits) {
    const which = `event ${seq} of ${author.slice(0, AUTHOR_CHARS)}`;
    if (wait.why === "future") say("held", `${which} is ${Math.ceil((wait.wallMs - wallMs) / 1000)} s ahead of the clock here`);
    else say("absent", `the payload of ${which} is not here`);
  }
  const [first] = quarantined;
  if (first !== undefined) {
    const more = quarantined.length > 1 ? `, and ${quarantined.length - 1} more` : "";
    say("quarantined", `event ${first.seq} of ${first.author.slice(0, AUTHOR_CHARS)} is passed over: ${first.reason}${more}`);
  }
  return troubles;
}
