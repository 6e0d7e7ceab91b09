import type { LinkStatus, SubjectStatus, SubjectTrouble } from "@sinter/core";
import { countText, printable, shortId } from "./render.js";

// How peers and subjects stand to each other, for people.

type Counts = Pick<LinkStatus, "behind" | "ahead"> & Partial<Pick<SubjectStatus, "unreached">>;

export function behindText({ behind, ahead, unreached = 0 }: Counts): string {
  const parts = [
    ...(behind > 0 ? [`behind by ${countText(behind, "feed")}`] : []),
    ...(ahead > 0 ? [`${countText(ahead, "feed")} on the way to others`] : []),
    ...(unreached > 0 ? [`${countText(unreached, "write")} held by fewer peers than asked for`] : []),
  ];
  return parts.join(", ");
}

/** Why, and what to do. */
export function troubleText({ cause, detail, fix }: SubjectTrouble): string {
  return `${cause}${detail === undefined ? "" : ` (${printable(detail)})`}. ${fix}`;
}

export function subjectStatusLines({ path, state, troubles, ...counts }: SubjectStatus): string[] {
  const behind = behindText(counts);
  const how = state === "behind" || behind === "" ? [] : [behind];
  const first = [state === "behind" ? behind : STATES[state], ...how].join(", ");
  return [`${printable(path)}  ${first}`, ...troubles.map((trouble) => `  ${[...whose(trouble), troubleText(trouble)].join("  ")}`)];
}

const STATES: Readonly<Record<Exclude<SubjectStatus["state"], "behind">, string>> = {
  "in sync": "in sync",
  stuck: "stuck",
  comparing: "comparing with others",
  folding: "being folded",
  alone: "alone: nobody is linked",
};

function whose({ address, peer }: SubjectTrouble): string[] {
  return [...(address === undefined ? [] : [address]), ...(peer === undefined ? [] : [shortId(peer)])];
}
