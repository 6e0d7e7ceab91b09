import { segmentIndexBytesMax } from "../bytes/limits.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { countedSize, soundHead } from "../feed/lane/freeze.js";
import { isAsItWas, type LaneAtHead, laneAtHead, laneSegments } from "../feed/range/lane-segments.js";
import { encodeSegmentIndex, type IndexedLane, type SegmentIndex, segmentFileName } from "../feed/range/segment-index.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { wantedPage } from "./payloads.js";
import type { ExportReport } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";

// A subject as segments and an index, made from a peer that goes on meanwhile. Where the bytes go is for whoever asks.

export interface ExportSource {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly networkName: string;
  /** What `read` finds, once all of it is on disk. */
  readonly durable: <T>(read: () => T) => Promise<T>;
  /** Lets the rest of the process run. */
  readonly soon: () => Promise<void>;
  /** Throws once the peer has ended: its store must not be read any more. */
  readonly goesOn: () => void;
}

/** The segments lane by lane, in the order of author and epoch; what makes offers of them comes last. */
export type ExportPart =
  | { readonly kind: "segment"; readonly name: string; readonly bytes: Uint8Array; readonly events: number; readonly total: number }
  | { readonly kind: "index"; readonly bytes: Uint8Array; readonly index: SegmentIndex; readonly lacks: ExportReport["lacks"] };

/** The subject as of one moment. Of its segments one at a time is held. */
export async function* exportSegments(source: ExportSource, path: SubjectPath): AsyncGenerator<ExportPart, void, undefined> {
  const { view, hasher, networkName, durable, soon, goesOn } = source;
  const heads = await durable(() => lanesOf(view, hasher, path));
  if (heads.length === 0) throw new SinterError("not-found", `nobody has written to ${path}`, "Name a subject that sinter feeds lists.");
  const total = heads.reduce((sum, { head }) => sum + countedSize(head), 0);
  const lanes: IndexedLane[] = [];
  for (const lane of heads) {
    const steps = laneSegments(view, hasher, lane);
    for (;;) {
      goesOn();
      const step = nextOf(steps, source, lane);
      if (step.done) {
        lanes.push(step.value);
        break;
      }
      if (step.value === undefined) await soon();
      else {
        const { id, bytes, events } = step.value;
        yield { kind: "segment", name: segmentFileName(id), bytes, events, total };
      }
    }
  }
  const index = { networkName, path, lanes };
  const lacks = await lacking(source, path);
  goesOn();
  // Of a lane that was given other events there may be some of these and some of those, or all of a history that counts no more.
  if (!heads.every((lane) => isAsItWas(view, hasher, lane))) throw replaced();
  yield { kind: "index", bytes: encoded(index), index, lacks };
}

/** What a disk has lost is damage; what was replaced while it was read is not. */
function nextOf<T, R>(steps: Iterator<T, R>, { view, hasher }: ExportSource, lane: LaneAtHead): IteratorResult<T, R> {
  try {
    return steps.next();
  } catch (error) {
    if (isAsItWas(view, hasher, lane)) throw error;
    throw replaced(error);
  }
}

function replaced(cause?: unknown): SinterError {
  const reason = "a feed of this store's own was given other events while it was exported";
  return new SinterError("busy", reason, "Export the subject again.", { cause });
}

async function lacking(source: ExportSource, path: SubjectPath): Promise<ExportReport["lacks"]> {
  let after: string | undefined;
  do {
    const page = await source.durable(() => wantedPage(source, path, after));
    if (page.wanted.length > 0) return "payloads";
    after = page.next;
  } while (after !== undefined);
  return "nothing";
}

function lanesOf(view: FeedView, hasher: Hasher, path: SubjectPath): LaneAtHead[] {
  const subject = view.subjectId(path);
  const lanes: LaneAtHead[] = [];
  for (const { number, author, epoch } of subject === undefined ? [] : view.lanes(subject)) {
    const head = soundHead(view, hasher, number);
    if (subject !== undefined && head !== undefined && countedSize(head) > 0)
      lanes.push(laneAtHead(view, number, { author, subject, epoch }, head));
  }
  return lanes;
}

function encoded(index: SegmentIndex): Uint8Array {
  const bytes = encodeSegmentIndex(index);
  if (bytes.length <= segmentIndexBytesMax) return bytes;
  throw new SinterError(
    "too-large",
    `the index of ${index.path} would have ${bytes.length} bytes; ${segmentIndexBytesMax} are allowed`,
    "Back the store up instead.",
  );
}
