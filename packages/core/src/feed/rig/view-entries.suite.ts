import { tableKeyBytes } from "../../bytes/limits.js";
import { Writer } from "../../bytes/writer.js";
import { feedId, laneId, subjectId } from "../../identity/ids.js";
import { updateTrie } from "../../proof/trie-update.js";
import * as keys from "../../store/view-keys.js";
import * as records from "../../store/view-records.js";
import { originAt } from "../event/event.js";
import { LaneReader } from "../lane/lane-reader.js";
import { vouchedBlock } from "../lane/subject-reader.js";
import { hasher, network, pathOf, type Rig } from "./feed-rig.suite.js";

// What views leave in a store, by hand: whatever folds them is on a floor above.

/** A view of all of a subject that is here, with something in each of its tables. */
export function putView(rig: Rig, number: number, path: string): void {
  const subject = subjectId(hasher, network, pathOf(path));
  const id = hasher.hash("sinter 1 view", Uint8Array.of(number));
  const put = (key: Uint8Array, value: Uint8Array) => rig.keys.put(key, value);
  const digest = hasher.hash("sinter 1 type", Uint8Array.of(number));
  const record = { subject, id, name: "or-set(text)", version: 1, digest, assurance: "classical", freezes: new Uint8Array(0) } as const;
  put(keys.viewKey(number), records.encodeViewRecord(record));
  put(keys.viewNumberKey(subject, id), records.encodeViewNumber(number));
  const folded: records.PlaceHere[] = [];
  for (const { number: lane, author, epoch } of rig.view.lanes(subject)) {
    const seq = rig.view.head(lane)?.size ?? 0;
    const read = { number: lane, id: laneId(hasher, feedId(hasher, author, subject), epoch) };
    const { block, ids } = vouchedBlock(rig.view, hasher, read, seq);
    put(keys.viewLaneKey(number, lane), records.encodeViewLaneRecord({ seq, id: ids.slice((seq - block.firstSeq) * 32).slice(0, 32) }));
    putAgain(rig, number, { lane, seq: 2 });
    folded.push({ lane, seq });
  }
  for (const key of ["", "\u0000\u00ff", "an item"]) {
    put(keys.viewItemKey(number, key), records.encodeViewItem(hasher, { view: number, key }, new Uint8Array(40).fill(key.length)));
    const log = new Writer();
    for (const place of folded) records.writeLogged(log, { ...place, operation: 0 });
    const [piece, pieces] = [log.finish(), key.length === 0 ? 0 : 1];
    if (pieces > 0) put(keys.viewLogKey(number, key, 0), piece);
    put(keys.viewLogKey(number, key, records.viewLogTail), records.encodeViewLogTail({ pieces, piece }));
  }
  const [first] = folded;
  if (first === undefined) throw new Error(`nothing of ${path}`);
  put(keys.viewQuarantineKey(number, first.lane, 1), records.encodeViewQuarantineRecord("nothing that this type knows"));
  const nodes = {
    keyBytes: tableKeyBytes,
    get: (at: Uint8Array) => rig.keys.get(keys.viewTrieKey(number, at)),
    put: (at: Uint8Array, node: Uint8Array) => put(keys.viewTrieKey(number, at), node.slice()),
    remove: (at: Uint8Array) => void rig.keys.remove(keys.viewTrieKey(number, at)),
  };
  const rows = [0x21, 0x27, 0xb7, 0xb8].map((fill) => ({
    key: new Uint8Array(tableKeyBytes).fill(fill),
    row: hasher.hash("sinter 1 table row", Uint8Array.of(fill)),
  }));
  updateTrie(hasher, nodes, rows);
  put(keys.viewChangedKey(number, "an item"), new Uint8Array(0));
}

/** Where an event lies that was appended again. */
function putAgain(rig: Rig, number: number, place: records.PlaceHere): void {
  const found = new LaneReader(rig.view, hasher, place.lane).event(place.seq);
  const origin = found && originAt(found.bytes, found.offset);
  if (origin !== undefined) rig.keys.put(keys.viewAgainKey(number, origin.id), records.encodeViewAgainRecord([place]));
}
