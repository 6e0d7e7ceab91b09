import { isAbsolute } from "node:path";
import {
  type Assurance,
  appendEventsMax,
  type BackupOptions,
  type Codec,
  controlBatchEventsMax,
  type Decoded,
  type ErrorCode,
  type EventOrigin,
  type EventRecord,
  keyBytesMax,
  Malformed,
  type NewEvent,
  type ProofOf,
  payloadBytesMax,
  portableProofBytesMax,
  type Receipt,
  type RedactionOf,
  type StampText,
  type Withdrawal,
} from "@sinter/core";
import { type AccuseCall, type ForksCall, isAccuseCall, isForksCall, isWithdrawal } from "./fork-messages.js";
import { type Guard, isFlag, isObject, isText, isWhole, list, oneOf, optional, pair, shape } from "./shape.js";
import { isSubjectCall, isSubjectStreamCall, type SubjectCall, type SubjectStreamCall } from "./subject-messages.js";

// What the two ends of a control socket say: one JSON object a line, bytes in base64. Both ends greet first.

export const controlVersion = 2;

/** `peer` runs until it is stopped; `command` leaves as soon as it has done its work. */
export type HolderKind = "peer" | "command";

export interface WireNewEvent {
  readonly payload: string;
  readonly kind?: number;
  readonly codec?: Codec;
  readonly key?: string;
}

export type Call =
  | { readonly call: "append"; readonly subject: string; readonly events: readonly WireNewEvent[] }
  | EventsCall
  | { readonly call: "feeds"; readonly subject?: string }
  | ProveCall
  | ForksCall
  | AccuseCall
  | RedactCall
  | { readonly call: "wanted"; readonly subject?: string; readonly after?: string }
  | { readonly call: "status" }
  | { readonly call: "invite" }
  | { readonly call: "sync"; readonly target: string }
  | { readonly call: "audit" }
  | BackupCall
  | ExportCall
  | ImportCall
  | SubjectCall
  | SubjectStreamCall
  | { readonly call: "describe" };

export interface BackupCall {
  readonly call: "backup";
  /** Absolute: the two ends may work in different directories. */
  readonly dir: string;
  readonly keys: NonNullable<BackupOptions["keys"]>;
}

export interface ExportCall {
  readonly call: "export";
  readonly subject: string;
  /** Absolute, like the next. */
  readonly dir: string;
}

export interface ImportCall {
  readonly call: "import";
  readonly from: string;
}

export interface EventsCall {
  readonly call: "events";
  readonly subject: string;
  readonly from?: StampText;
  readonly to?: StampText;
  readonly follow?: boolean;
  readonly system?: boolean;
  readonly assurance?: Assurance;
}

export interface RedactCall extends RedactionOf {
  readonly call: "redact";
  readonly subject: string;
}

export interface ProveCall extends ProofOf {
  readonly call: "prove";
  readonly subject: string;
}

export type ClientLine =
  | { readonly say: "hello"; readonly version: number }
  | ({ readonly say: "call"; readonly id: number } & Call)
  /** The reader of a stream has taken that many batches, or items. */
  | { readonly say: "more"; readonly id: number; readonly batches: number }
  | { readonly say: "cancel"; readonly id: number };

export interface WireEvent extends Omit<EventRecord, "payload" | "key"> {
  /** Not there where `absent` says why. */
  readonly payload?: string;
  readonly key?: string;
}

export interface WireReceipt {
  readonly author: string;
  readonly epoch: number;
  readonly count: number;
  /** The seqs, as runs: a first one and how many follow one another from it. */
  readonly runs: readonly (readonly [number, number])[];
  /** 32 bytes an event, one behind the other, in base64. */
  readonly ids: string;
}

export type ServerLine =
  | { readonly say: "hello"; readonly version: number; readonly pid: number; readonly holder: HolderKind }
  | { readonly say: "batch"; readonly id: number; readonly events: readonly WireEvent[] }
  | { readonly say: "progress"; readonly id: number; readonly done: number; readonly total: number }
  /** Of what a stream handed on, or is about to, this counts no more. */
  | { readonly say: "withdrawn"; readonly id: number; readonly what: Withdrawal }
  /** What a stream of single items hands on. */
  | { readonly say: "item"; readonly id: number; readonly item: unknown }
  /** A piece of the JSON text of a long result or item; the last of them is followed by `done`, or `item`, with null. */
  | { readonly say: "part"; readonly id: number; readonly text: string }
  | { readonly say: "done"; readonly id: number; readonly result: unknown }
  | { readonly say: "failed"; readonly id: number; readonly code: ErrorCode; readonly message: string; readonly fix: string }
  /** The holder leaves. What it has not answered by now it has not begun. */
  | { readonly say: "end" }
  /** This connection is closed, and why. */
  | { readonly say: "refused"; readonly code: ErrorCode; readonly reason: string };

const isCodec = oneOf("raw", "cbor", "json", "protobuf");
const isNewEvent = shape<WireNewEvent>({
  payload: isText,
  kind: optional(isWhole),
  codec: optional<Codec>(isCodec),
  key: optional(isText),
});
/** All of them: the compiler misses one that is left out. */
const errorCodes: Readonly<Record<ErrorCode, true>> = {
  usage: true,
  "invalid-path": true,
  "too-large": true,
  busy: true,
  "disk-full": true,
  clock: true,
  "in-use": true,
  "wrong-store": true,
  "no-store": true,
  corrupt: true,
  permission: true,
  stopped: true,
  "unknown-outcome": true,
  aborted: true,
  "holder-lost": true,
  "not-found": true,
  exists: true,
  lens: true,
  "invalid-fragments": true,
  conflict: true,
  lawless: true,
  internal: true,
};
const isErrorCode = (value: unknown): value is ErrorCode => isText(value) && Object.hasOwn(errorCodes, value);

const clientLines: { readonly [S in ClientLine["say"]]: Guard<Extract<ClientLine, { say: S }>> } = {
  hello: shape<Extract<ClientLine, { say: "hello" }>>({ say: oneOf("hello"), version: isWhole }),
  more: shape<Extract<ClientLine, { say: "more" }>>({ say: oneOf("more"), id: isWhole, batches: isWhole }),
  cancel: shape<Extract<ClientLine, { say: "cancel" }>>({ say: oneOf("cancel"), id: isWhole }),
  call: (value): value is Extract<ClientLine, { say: "call" }> => isObject(value) && isWhole(value["id"]) && isCall(value),
};

const isBareCall = shape<{ readonly call: "status" | "invite" | "audit" | "describe" }>({
  call: oneOf("status", "invite", "audit", "describe"),
});
const isFeedsCall = shape<Extract<Call, { call: "feeds" }>>({ call: oneOf("feeds"), subject: optional(isText) });
const isPlace = (value: unknown): value is string => isText(value) && isAbsolute(value);
const isExportCall = shape<ExportCall>({ call: oneOf("export"), subject: isText, dir: isPlace });
const isImportCall = shape<ImportCall>({ call: oneOf("import"), from: isPlace });
const isBackupCall = shape<BackupCall>({
  call: oneOf("backup"),
  dir: isPlace,
  keys: oneOf("include", "leave out"),
});
const isEventsCall = shape<EventsCall>({
  call: oneOf("events"),
  subject: isText,
  from: optional(pair),
  to: optional(pair),
  follow: optional(isFlag),
  system: optional(isFlag),
  assurance: optional(oneOf("classical", "hybrid")),
});
const isAppendCall = shape<Extract<Call, { call: "append" }>>({
  call: oneOf("append"),
  subject: isText,
  events: list(isNewEvent, appendEventsMax),
});

const isProveCall = shape<ProveCall>({
  call: oneOf("prove"),
  subject: isText,
  author: isText,
  seq: isWhole,
  epoch: optional(isWhole),
  nonce: optional(isText),
  payload: optional<"shown" | "hash">(oneOf("shown", "hash")),
  withdrawn: optional<"refuse" | "prove">(oneOf("refuse", "prove")),
});

const isRedactCall = shape<RedactCall>({
  call: oneOf("redact"),
  subject: isText,
  seq: isWhole,
  epoch: optional(isWhole),
  nonce: optional(isText),
});
const isWantedCall = shape<Extract<Call, { call: "wanted" }>>({
  call: oneOf("wanted"),
  subject: optional(isText),
  after: optional(isText),
});
const isSyncCall = shape<Extract<Call, { call: "sync" }>>({ call: oneOf("sync"), target: isText });

const calls: readonly Guard<Call>[] = [
  isAppendCall,
  isEventsCall,
  isFeedsCall,
  isProveCall,
  isForksCall,
  isAccuseCall,
  isBackupCall,
  isExportCall,
  isImportCall,
  isBareCall,
  isRedactCall,
  isWantedCall,
  isSyncCall,
  isSubjectCall,
  isSubjectStreamCall,
];

function isCall(value: unknown): value is Call {
  return calls.some((is) => is(value));
}

const isWireEvent = shape<WireEvent>({
  author: isText,
  epoch: isWhole,
  nonce: isText,
  seq: isWhole,
  id: isText,
  stamp: pair,
  kind: isWhole,
  codec: isCodec,
  key: optional(isText),
  payload: optional(isText),
  absent: optional<"redacted" | "wanted">(oneOf("redacted", "wanted")),
  origin: optional(shape<EventOrigin>({ epoch: isWhole, nonce: isText, seq: isWhole, id: isText, stamp: pair })),
});

const serverLines: { readonly [S in ServerLine["say"]]: Guard<Extract<ServerLine, { say: S }>> } = {
  hello: shape<Extract<ServerLine, { say: "hello" }>>({
    say: oneOf("hello"),
    version: isWhole,
    pid: isWhole,
    holder: oneOf("peer", "command"),
  }),
  batch: shape<Extract<ServerLine, { say: "batch" }>>({
    say: oneOf("batch"),
    id: isWhole,
    events: list(isWireEvent, controlBatchEventsMax),
  }),
  withdrawn: shape<Extract<ServerLine, { say: "withdrawn" }>>({ say: oneOf("withdrawn"), id: isWhole, what: isWithdrawal }),
  progress: shape<Extract<ServerLine, { say: "progress" }>>({ say: oneOf("progress"), id: isWhole, done: isWhole, total: isWhole }),
  item: (value): value is Extract<ServerLine, { say: "item" }> => isObject(value) && isWhole(value["id"]) && "item" in value,
  part: shape<Extract<ServerLine, { say: "part" }>>({ say: oneOf("part"), id: isWhole, text: isText }),
  done: (value): value is Extract<ServerLine, { say: "done" }> => isObject(value) && isWhole(value["id"]) && "result" in value,
  failed: shape<Extract<ServerLine, { say: "failed" }>>({
    say: oneOf("failed"),
    id: isWhole,
    code: isErrorCode,
    message: isText,
    fix: isText,
  }),
  end: shape<Extract<ServerLine, { say: "end" }>>({ say: oneOf("end") }),
  refused: shape<Extract<ServerLine, { say: "refused" }>>({ say: oneOf("refused"), code: isErrorCode, reason: isText }),
};

function parse<T>(line: Uint8Array, guards: Readonly<Record<string, Guard<T>>>): Decoded<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch {
    return new Malformed("a line of JSON in UTF-8 expected");
  }
  const say = isObject(value) ? value["say"] : undefined;
  if (!isText(say) || !Object.hasOwn(guards, say)) return new Malformed(`"say" expected to be one of ${Object.keys(guards).join(", ")}`);
  return guards[say]?.(value) === true ? (value as T) : new Malformed(`a complete "${say}" expected`);
}

export function parseClientLine(line: Uint8Array): Decoded<ClientLine> {
  return parse<ClientLine>(line, clientLines);
}

export function parseServerLine(line: Uint8Array): Decoded<ServerLine> {
  return parse<ServerLine>(line, serverLines);
}

export const isWireReceipt = shape<WireReceipt>({
  author: isText,
  epoch: isWhole,
  count: isWhole,
  runs: list(pair, appendEventsMax),
  ids: isText,
});

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

function fromBase64(text: string, bytesMax: number): Decoded<Uint8Array> {
  // Node skips what is no base64; the length tells that it did.
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const expected = (text.length / 4) * 3 - padding;
  if (text.length % 4 !== 0 || expected > bytesMax) return new Malformed(`base64 of at most ${bytesMax} bytes expected`);
  const bytes = Buffer.from(text, "base64");
  return bytes.length === expected ? bytes : new Malformed("base64 expected");
}

export function wireNewEvent(event: NewEvent): WireNewEvent {
  const { payload, key, ...rest } = event;
  return { ...rest, payload: toBase64(payload), ...(key === undefined ? {} : { key: toBase64(key) }) };
}

export function newEventFromWire(wire: WireNewEvent): Decoded<NewEvent> {
  const payload = fromBase64(wire.payload, payloadBytesMax);
  if (payload instanceof Malformed) return payload;
  const key = wire.key === undefined ? undefined : fromBase64(wire.key, keyBytesMax);
  if (key instanceof Malformed) return key;
  const { kind, codec } = wire;
  return {
    payload,
    ...(kind === undefined ? {} : { kind }),
    ...(codec === undefined ? {} : { codec }),
    ...(key === undefined ? {} : { key }),
  };
}

export function wireEvent(event: EventRecord): WireEvent {
  const { payload, key, ...rest } = event;
  return {
    ...rest,
    ...(payload === undefined ? {} : { payload: toBase64(payload) }),
    ...(key === undefined ? {} : { key: toBase64(key) }),
  };
}

export function eventFromWire(wire: WireEvent): Decoded<EventRecord> {
  const { payload: payloadText, key: keyText, ...rest } = wire;
  if ((payloadText === undefined) !== (rest.absent !== undefined)) return new Malformed("a payload, or why there is none, expected");
  const payload = payloadText === undefined ? undefined : fromBase64(payloadText, payloadBytesMax);
  if (payload instanceof Malformed) return payload;
  const key = keyText === undefined ? undefined : fromBase64(keyText, keyBytesMax);
  if (key instanceof Malformed) return key;
  return { ...rest, payload, ...(key === undefined ? {} : { key }) };
}

/** A proof as it comes over the wire: its bytes in base64. */
export const wireProof = toBase64;

export function proofFromWire(wire: string): Decoded<Uint8Array> {
  return fromBase64(wire, portableProofBytesMax);
}

const idBytes = 32;

export function wireReceipt(receipt: Receipt): WireReceipt {
  const { author, epoch, count } = receipt;
  const ids = Buffer.alloc(count * idBytes);
  const runs: [number, number][] = [];
  for (let index = 0; index < count; index++) {
    ids.write(receipt.id(index), index * idBytes, idBytes, "hex");
    const seq = receipt.seq(index);
    const run = runs.at(-1);
    if (run !== undefined && run[0] + run[1] === seq) run[1] += 1;
    else runs.push([seq, 1]);
  }
  return { author, epoch, count, runs, ids: ids.toString("base64") };
}

export function receiptFromWire(wire: WireReceipt): Decoded<Receipt> {
  const { author, epoch, count, runs } = wire;
  const ids = fromBase64(wire.ids, appendEventsMax * idBytes);
  if (ids instanceof Malformed) return ids;
  if (ids.length !== count * idBytes) return new Malformed("an id for each event expected");
  const seqs: number[] = [];
  for (const [first, length] of runs) {
    if (length > count - seqs.length) return new Malformed("a seq for each event expected");
    for (let ahead = 0; ahead < length; ahead++) seqs.push(first + ahead);
  }
  if (seqs.length !== count) return new Malformed("a seq for each event expected");
  const at = (index: number) => {
    if (index in seqs) return index;
    throw new RangeError(`event ${index} of ${count}`);
  };
  return {
    author,
    epoch,
    count,
    seq: (index) => seqs[at(index)] as number,
    id: (index) => Buffer.from(ids.buffer, ids.byteOffset + at(index) * idBytes, idBytes).toString("hex"),
  };
}
