import { toHex } from "../bytes/hex.js";
import type { FeedView, SubjectEntry } from "../feed/feed-view.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { FeedRow, PeerStatus } from "./peer-api.js";

// What the store shows of feeds and subjects, in words.

/** One row a lane, of one subject or of all. */
export function feedRows(view: FeedView, only: SubjectPath | undefined): FeedRow[] {
  const rows: FeedRow[] = [];
  for (const { path, id } of subjectsNamed(view, only)) {
    for (const { number, author, epoch } of view.lanes(id)) {
      const head = view.head(number);
      if (head === undefined) continue;
      const { size, headId, stamp } = head;
      rows.push({
        subject: path,
        author: toHex(author),
        epoch: epoch.index,
        nonce: toHex(epoch.nonce),
        size,
        head: toHex(headId),
        stamp: [stamp.wallMs, stamp.counter],
      });
    }
  }
  return rows;
}

function subjectsNamed(view: FeedView, only: SubjectPath | undefined): Iterable<SubjectEntry> {
  if (only === undefined) return view.subjects();
  const id = view.subjectId(only);
  return id === undefined ? [] : [{ path: only, id }];
}

/** Every subject with the number of its events. */
export function subjectSums(view: FeedView): PeerStatus["subjects"] {
  const subjects = [];
  for (const { path, id } of view.subjects()) {
    let events = 0;
    for (const { number } of view.lanes(id)) events += view.head(number)?.size ?? 0;
    subjects.push({ path, events });
  }
  return subjects;
}
