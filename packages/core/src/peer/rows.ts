import { toHex } from "../bytes/hex.js";
import type { Stamp } from "../clock/stamp.js";
import { stampAt } from "../feed/event/event.js";
import { DamagedStore, type FeedView, type SubjectEntry } from "../feed/lane/feed-view.js";
import { countedHead, countedSize, soundHead } from "../feed/lane/freeze.js";
import { hybridSizeOf } from "../feed/lane/lane-reach.js";
import { LaneReader } from "../feed/lane/lane-reader.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { FeedRow, PeerStatus } from "./peer-api.js";

// What the store shows of feeds and subjects, in words.

/** One row a lane, of one subject or of all. */
export function feedRows(view: FeedView, hasher: Hasher, only: SubjectPath | undefined): FeedRow[] {
  const rows: FeedRow[] = [];
  for (const { path, id } of subjectsNamed(view, only)) {
    for (const { number, author, epoch } of view.lanes(id)) {
      const head = soundHead(view, hasher, number);
      if (head === undefined) continue;
      const { size, headId, freezeAt } = countedHead(view, hasher, number);
      const stamp = size === head.size ? head.stamp : stampOf(view, hasher, number, size);
      const hybridSize = hybridSizeOf(view, number, head);
      rows.push({
        subject: path,
        author: toHex(author),
        epoch: epoch.index,
        nonce: toHex(epoch.nonce),
        size,
        hybridSize,
        head: toHex(headId),
        stamp: [stamp.wallMs, stamp.counter],
        ...(freezeAt > 0 && { freezeAt }),
      });
    }
  }
  return rows;
}

/** Of an event before the last; no stamp at all where nothing counts. */
function stampOf(view: FeedView, hasher: Hasher, lane: number, seq: number): Stamp {
  if (seq === 0) return { wallMs: 0, counter: 0 };
  const found = new LaneReader(view, hasher, lane).event(seq);
  if (found === undefined) throw new DamagedStore(`lane ${lane}`, `event ${seq} is missing`);
  return stampAt(found.bytes, found.offset);
}

function subjectsNamed(view: FeedView, only: SubjectPath | undefined): Iterable<SubjectEntry> {
  if (only === undefined) return view.subjects();
  const id = view.subjectId(only);
  return id === undefined ? [] : [{ path: only, id }];
}

/** Every subject with the number of its events, and how many feeds have forked. */
export function heldSums(view: FeedView): Pick<PeerStatus, "subjects" | "forks"> {
  const subjects = [];
  for (const { path, id } of view.subjects()) {
    let events = 0;
    for (const { number } of view.lanes(id)) {
      const head = view.head(number);
      if (head !== undefined) events += countedSize(head);
    }
    subjects.push({ path, events });
  }
  return { subjects, forks: [...view.forks()].length };
}
