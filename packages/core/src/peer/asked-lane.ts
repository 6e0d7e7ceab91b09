import { toHex } from "../bytes/hex.js";
import type { FeedView, LaneEntry } from "../feed/lane/feed-view.js";
import { countedSize } from "../feed/lane/freeze.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { LaneOf } from "./event-api.js";
import { SinterError } from "./sinter-error.js";

const SHOWN_CHARS = 8;
const SHOWN_CHOICES = 16;

/** The one lane that fits all that was said. Which epoch, or which of two authors, is never guessed. */
export function laneAsked(view: FeedView, path: SubjectPath, { author, epoch, nonce = "" }: LaneOf): LaneEntry {
  const begins = (id: Uint8Array, text: string) => toHex(id).startsWith(text.toLowerCase());
  const subject = view.subjectId(path);
  const here = subject === undefined ? [] : [...view.lanes(subject)];
  const written = here.filter((lane) => author !== "" && begins(lane.author, author));
  if (written.length === 0) {
    const wrote = here.length === 0 ? "nobody has written to it" : choices(here, (lane) => toHex(lane.author));
    throw new SinterError(
      "not-found",
      `no author ${author || "without a name"} in ${path}: ${wrote}`,
      "Name an author that sinter feeds lists.",
    );
  }
  if (new Set(written.map((lane) => toHex(lane.author))).size > 1) {
    const authors = choices(written, (lane) => toHex(lane.author));
    throw new SinterError("usage", `more than one author of ${path} begins with ${author}: ${authors}`, "Give more of the author's id.");
  }
  const found = written.filter((lane) => (epoch === undefined || lane.epoch.index === epoch) && begins(lane.epoch.nonce, nonce));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const epochs = choices(found.length === 0 ? written : found, (lane) => epochText(view, lane));
  const which = `author ${toHex((first ?? (written[0] as LaneEntry)).author).slice(0, SHOWN_CHARS)} in ${path}`;
  if (first === undefined) throw new SinterError("not-found", `no such epoch of ${which}: ${epochs}`, "Name one of these.");
  throw new SinterError(
    "usage",
    `more than one epoch of ${which}: ${epochs}`,
    "Name the epoch: its index, or index/nonce where several have one index.",
  );
}

export function describedLane(view: FeedView, path: SubjectPath, lane: LaneEntry): string {
  return `${path} by ${toHex(lane.author).slice(0, SHOWN_CHARS)}, epoch ${epochText(view, lane)}`;
}

/** As it may be typed, and how much is in it. */
function epochText(view: FeedView, { number, epoch }: LaneEntry): string {
  const head = view.head(number);
  const events = head === undefined ? 0 : countedSize(head);
  return `${epoch.index}/${toHex(epoch.nonce).slice(0, SHOWN_CHARS)} (${events} event${events === 1 ? "" : "s"})`;
}

function choices(lanes: readonly LaneEntry[], say: (lane: LaneEntry) => string): string {
  const all = [...new Set(lanes.map(say))];
  const more = all.length - SHOWN_CHOICES;
  return `${all.slice(0, SHOWN_CHOICES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
