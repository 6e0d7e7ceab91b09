import type { TraceEntry } from "./trace-entry.js";

export interface TraceFilter {
  readonly peer?: string | undefined;
  readonly kind?: string | undefined;
  readonly protocol?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly grep?: RegExp | undefined;
}

export function hasFilter(filter: TraceFilter): boolean {
  return Object.values(filter).some((each) => each !== undefined);
}

export function passes(filter: TraceFilter, entry: TraceEntry, text: string): boolean {
  const { peer, kind, protocol, fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, grep } = filter;
  if (entry.ms < fromMs || entry.ms >= toMs) return false;
  if (peer !== undefined && ![...entry.peers, ...(entry.ids ?? [])].some((each) => isPeer(each, peer))) return false;
  if (kind !== undefined && !isKind(entry.kind, kind)) return false;
  if (protocol !== undefined && entry.protocol !== protocol) return false;
  return grep?.test(text) ?? true;
}

/** A number, `peer 3`, or the beginning of an id. An id that is shown is a beginning itself. */
function isPeer(shown: string, asked: string): boolean {
  const plain = asked.replace(/^peer /, "");
  return shown === plain || (shown.length > 4 && plain.length >= 4 && (shown.startsWith(plain) || plain.startsWith(shown)));
}

/** `held` is also what a live peer got or sent. */
function isKind(shown: string, asked: string): boolean {
  const plain = asked.replaceAll(" ", "-");
  return shown === plain || shown === `got-${plain}` || shown === `sent-${plain}`;
}
