import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { Batch } from "../../protocol/key-space.js";
import { decodeKey, tableRange, unsealedKey } from "../../store/keys.js";
import { decodeHybridRecord } from "../../store/records.js";
import type { FeedView } from "../lane/feed-view.js";
import { HybridAudit } from "./audit-hybrid.js";
import { entriesOf, storeAuthor } from "./audit-tables.js";
import { type AuditParts, Findings } from "./findings.js";

/** The second signatures can be had again: of our own lanes they are made anew, others' are taken anew. So what does not hold
 * goes, and what is due is marked. */
export function* repairHybrid(view: FeedView, parts: AuditParts, mended: Findings): Generator<Batch, void, undefined> {
  for (const [key, value] of entriesOf(view.keys, tableRange("hybrid"))) {
    const place = decodeKey(key);
    const sealed = decodeHybridRecord(value);
    const holds = !isMalformed(place) && place.table === "hybrid" && !isMalformed(sealed);
    if (holds && new HybridAudit(view, parts, new Findings()).sealFault(place.lane, sealed) === undefined) continue;
    mended.add(
      "hybrid",
      isMalformed(place) ? "a key" : `lane ${"lane" in place ? place.lane : "?"}`,
      "a second signature that does not hold, removed",
    );
    yield [[key.slice(), undefined]];
  }
  const author = storeAuthor(view);
  for (const [key] of entriesOf(view.keys, tableRange("lane"))) {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "lane") continue;
    const record = new Findings().attempt(() => view.lane(place.lane));
    const isOurs = record !== undefined && author !== undefined && equalBytes(record.author, author);
    const isDue = isOurs && new HybridAudit(view, parts, new Findings()).markFault(place.lane) !== undefined;
    if (isDue) mended.add("unsealed", `lane ${place.lane}`, "marked for its author's second signature");
    yield isDue ? [[unsealedKey(place.lane), new Uint8Array(0)]] : [];
  }
}
