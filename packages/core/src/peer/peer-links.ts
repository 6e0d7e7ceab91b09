import { clockDriftMsMax } from "../bytes/limits.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { PeerId } from "../protocol/protocol.js";
import type { DescribedLink } from "../sync/peer-sync.js";
import { unlessAborted } from "./abort.js";
import type { SyncCause } from "./causes.js";
import type { LinkStatus, PeerStatus, SyncReport } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";
import type { SubjectLinks } from "./subject-status.js";
import type { DescribedSync, Syncing } from "./syncing.js";

// What an application is told of a peer's links, and asks of them.

/** Whatever carries the links of a peer, as the peer sees it. */
export interface PeerLinks {
  /** A link to whoever is at an address, or whom an invite names: one that is there, or one that is made for this. */
  dial(target: string, options: { readonly signal?: AbortSignal | undefined }): Promise<DialledPeer>;
  /** What lets somebody in; nothing where nobody is let in. */
  invite(): string | undefined;
  rows(): readonly LinkRow[];
}

export interface DialledPeer {
  readonly peer: PeerId;
  /** A link that was made for this is closed again. */
  leave(): void;
}

/** One address that is dialled, or one link. */
export interface LinkRow {
  readonly address: string;
  readonly peer: PeerId | undefined;
  readonly state: "linked" | "connecting" | "refused";
  readonly cause: Extract<SyncCause, "unreachable" | "wrong secret" | "wrong key" | "version" | "refused"> | undefined;
  readonly detail: string | undefined;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

const FIXES: Readonly<Record<SyncCause, string>> = {
  unreachable: "See that the other peer runs and that its address can be reached from here; it is tried again.",
  "wrong secret": "Use the network's secret: --secret-file, or join with an invite.",
  "wrong key": "Another key answers there than the one known. If that is as it should be, remove it from links.json beside the store.",
  version: "Use versions of sinter that are no further apart than one.",
  refused: "Ask whoever runs the other peer.",
  silent: "It is linked and says nothing: see whether its machine is asleep or its network is gone.",
  "paused here": "Resume it.",
  "paused there": "Ask whoever runs the other peer to resume it.",
  clock: "Set the clock of one of the two machines.",
  "disk full": "Free some space: it goes on by itself.",
  damaged: "It is asked of this peer. If it stays so, link to others that hold it, or put the store back from a backup.",
  "interest not mutual": "Give both peers a space in common: --spaces.",
  differs: "See what the other says of it, and run sinter audit on both stores: with --repair it mends what can be told for certain.",
};

export type LinksNow = Pick<PeerStatus, "links" | "disk">;

export function linksNow(rows: readonly LinkRow[], sync: DescribedSync | undefined, roomBytes: number): LinksNow {
  const disk = roomBytes > 0 ? "roomy" : "full";
  const links = rows.map((row): LinkStatus => {
    const link = sync?.links.find(({ peer }) => peer === row.peer);
    const { address, peer } = row;
    const who = { address, ...(peer !== undefined && { peer }), behind: link?.wanted ?? 0, ahead: link?.unheld ?? 0 };
    if (row.state !== "linked" || sync === undefined || link === undefined) {
      if (row.cause === undefined) return { ...who, state: "comparing" };
      return { ...who, state: "stuck", ...causedBy(row.cause, row.detail) };
    }
    const cause = causeOf(link, sync, disk);
    if (cause !== undefined) return { ...who, state: "stuck", ...cause };
    if (link.wanted > 0 || link.unheld > 0) return { ...who, state: "behind" };
    return { ...who, state: link.agreed === "yes" ? "in sync" : "comparing" };
  });
  return { links, disk };
}

function causeOf(
  link: DescribedLink,
  { pace, fault, damaged }: DescribedSync,
  disk: PeerStatus["disk"],
): Pick<LinkStatus, "cause" | "detail" | "fix"> | undefined {
  if (link.standing === "suspect") return causedBy("silent");
  if (pace === "paused") return causedBy("paused here");
  if (link.greeted === "no") return undefined;
  if (link.syncs === "no") return causedBy("paused there");
  if (Math.abs(link.clockOffMs) > clockDriftMsMax)
    return causedBy("clock", `the two clocks are ${Math.round(link.clockOffMs / 1000)} s apart`);
  if (disk === "full") return causedBy("disk full");
  if (damaged.length > 0) return causedBy("damaged", `the disk has lost ${damaged.join("; ")}`);
  if (link.scope === "empty") return causedBy("interest not mutual");
  if (link.differs === "yes") return causedBy("differs", fault?.reason ?? "the roots differ, and nothing is found that does");
  return undefined;
}

function causedBy(cause: SyncCause, detail?: string): Pick<LinkStatus, "cause" | "detail" | "fix"> {
  return { cause, fix: FIXES[cause], ...(detail !== undefined && detail !== "" && { detail }) };
}

/** One subject on them. */
export async function subjectLinks(now: () => LinksNow, syncing: Syncing | undefined, path: SubjectPath): Promise<SubjectLinks> {
  const standing = (await syncing?.standing(path)) ?? { behind: 0, ahead: 0, unsettled: 0, apart: [], unreached: 0 };
  return { standing, links: now().links };
}

interface Parts {
  readonly links: PeerLinks | undefined;
  readonly syncing: Syncing | undefined;
}

/** One exchange with whoever is there. */
export async function syncWith(
  { links, syncing }: Parts,
  target: string,
  { signal }: { readonly signal?: AbortSignal },
): Promise<SyncReport> {
  if (links === undefined || syncing === undefined) throw noLinks();
  const bytes = (peer: PeerId) => {
    const row = links.rows().find((each) => each.peer === peer && each.state === "linked");
    return { out: row?.bytesOut ?? 0, in: row?.bytesIn ?? 0 };
  };
  const { peer, leave } = await links.dial(target, { signal });
  try {
    const before = bytes(peer);
    const report = await unlessAborted(syncing.exchange(peer), signal, () => {
      throw new SinterError("aborted", "called off", "What has come so far is kept; sync again for the rest.");
    });
    const after = bytes(peer);
    const { converged, reason, rounds, ms, sent, received } = report;
    const told = {
      peer,
      converged: converged === "yes",
      ...(reason !== undefined && { reason }),
      sent,
      received,
      rounds,
      ms: Math.round(ms),
    };
    return { ...told, bytesOut: after.out - before.out, bytesIn: after.in - before.in };
  } finally {
    leave();
  }
}

export function invited(links: PeerLinks | undefined): string {
  const invite = links?.invite();
  if (invite === undefined) throw noLinks();
  return invite;
}

/** Where there are links, or are to be. */
export function linked(syncing: Syncing | undefined): Syncing {
  if (syncing === undefined) throw noLinks();
  return syncing;
}

function noLinks(): SinterError {
  return new SinterError("usage", "this peer has no links", "Open it with links to other peers: sinter up does.");
}
