import {
  type Assurance,
  type ChangeReport,
  type CommandCall,
  type ConflictReport,
  type ExplanationReport,
  type Json,
  type OperationReport,
  type Quarantined,
  type StampText,
  type SubjectAsked,
  type SubjectProgress,
  type SubjectReport,
  type SubjectRow,
  type SubjectStatus,
  type SubjectTrouble,
  subjectCauses,
  type TablePage,
  type TableScan,
  transactionOperationsMax,
  typeDepthMax,
} from "@sinter/core";
import { type Guard, isObject, isText, isWhole, list, oneOf, optional, pair, shape } from "./shape.js";

// What the two ends of a control socket say of subjects and tables: the calls are named as in DescribedSubjects.

interface OnSubject extends SubjectAsked {
  readonly path: string;
}

interface OnKey extends OnSubject {
  readonly key: string;
}

interface BareCall extends OnSubject {
  readonly call: "statusOf" | "quarantinedOf" | "conflictsOf" | "tableRoot";
}

interface KeyCall extends OnKey {
  readonly call: "explainSubject" | "tableDelete" | "tableGet" | "tableHistory";
}

export type SubjectCall =
  | { readonly call: "subjects"; readonly prefix?: string }
  | (OnSubject & { readonly call: "readSubject"; readonly at?: StampText })
  | (OnSubject & { readonly call: "changeSubject"; readonly calls: readonly CommandCall[] })
  | BareCall
  | (OnSubject & { readonly call: "restoreConflict"; readonly conflict: ConflictReport })
  | (OnKey & { readonly call: "tablePut"; readonly value: string })
  | KeyCall
  | (OnSubject & { readonly call: "tableScan"; readonly scan: TableScan });

/** Answered item by item, until the end. */
export type SubjectStreamCall = OnSubject & { readonly call: "followSubject" | "changesOf" };

/** Whatever JSON can say; there is something else only where nothing is. */
const isJson = (value: unknown): value is Json => value !== undefined;

const asked = { path: isText, type: optional(isText), assurance: optional<Assurance>(oneOf("classical", "hybrid")) };
const onKey = { ...asked, key: isText };

/** The length of the line or of the answer bounds these lists. */
const unbounded = Number.MAX_SAFE_INTEGER;

const isOperation: Guard<OperationReport> = shape<OperationReport>({
  author: isText,
  epoch: isWhole,
  nonce: isText,
  seq: isWhole,
  operation: isWhole,
  stamp: pair,
  path: optional(list(isText, unbounded)),
  // Null is a value, too.
  value: optional(isJson) as Guard<NonNullable<Json>>,
});
export const isOperations = list(isOperation, unbounded);

const isConflict: Guard<ConflictReport> = shape<ConflictReport>({ key: isText, lost: isOperation, won: isOperations });
export const isConflicts = list(isConflict, unbounded);
export const isExplanation: Guard<ExplanationReport> = shape<ExplanationReport>({
  key: isText,
  winners: isOperations,
  losers: isOperations,
});

const steps = list(isText, typeDepthMax);
const isCommandCall = shape<CommandCall>({ name: isText, fields: optional(steps), keys: optional(steps), given: list(isText, unbounded) });

type CallOf<Name> = Extract<SubjectCall, { readonly call: Name }>;

const calls: readonly Guard<SubjectCall>[] = [
  shape<CallOf<"subjects">>({ call: oneOf("subjects"), prefix: optional(isText) }),
  shape<CallOf<"readSubject">>({ ...asked, call: oneOf("readSubject"), at: optional<StampText>(pair) }),
  shape<CallOf<"changeSubject">>({ ...asked, call: oneOf("changeSubject"), calls: list(isCommandCall, transactionOperationsMax) }),
  shape<BareCall>({ ...asked, call: oneOf("statusOf", "quarantinedOf", "conflictsOf", "tableRoot") }),
  shape<CallOf<"restoreConflict">>({ ...asked, call: oneOf("restoreConflict"), conflict: isConflict }),
  shape<CallOf<"tablePut">>({ ...onKey, call: oneOf("tablePut"), value: isText }),
  shape<KeyCall>({ ...onKey, call: oneOf("explainSubject", "tableDelete", "tableGet", "tableHistory") }),
  shape<CallOf<"tableScan">>({
    ...asked,
    call: oneOf("tableScan"),
    scan: shape<TableScan>({ prefix: optional(isText), after: optional(isText), limit: optional(isWhole) }),
  }),
];

export const isSubjectStreamCall: Guard<SubjectStreamCall> = shape<SubjectStreamCall>({
  ...asked,
  call: oneOf("followSubject", "changesOf"),
});

export function isSubjectCall(value: unknown): value is SubjectCall {
  return calls.some((is) => is(value));
}

export const isSubjectRows = list(shape<SubjectRow>({ path: isText, type: optional(isText), feeds: isWhole, events: isWhole }), unbounded);

const progress: { readonly [S in SubjectProgress["state"]]: Guard<Extract<SubjectProgress, { readonly state: S }>> } = {
  current: shape<{ readonly state: "current" }>({ state: oneOf("current") }),
  folding: shape<{ readonly state: "folding" }>({ state: oneOf("folding") }),
  waiting: shape<Extract<SubjectProgress, { readonly state: "waiting" }>>({
    state: oneOf("waiting"),
    why: oneOf("future", "wanted"),
    author: isText,
    seq: isWhole,
  }),
  stuck: shape<Extract<SubjectProgress, { readonly state: "stuck" }>>({ state: oneOf("stuck"), reason: isText }),
};

function isProgress(value: unknown): value is SubjectProgress {
  return isObject(value) && Object.values<Guard<SubjectProgress>>(progress).some((is) => is(value));
}

export const isSubjectReport: Guard<SubjectReport> = shape<SubjectReport>({
  path: isText,
  type: isText,
  value: isJson as Guard<NonNullable<Json>>,
  progress: isProgress,
  quarantined: isWhole,
});

export const isChangeReport: Guard<ChangeReport> = shape<ChangeReport>({
  author: isText,
  epoch: isWhole,
  nonce: isText,
  seq: isWhole,
  stamp: pair,
  keys: list(isText, unbounded),
  value: isJson as Guard<NonNullable<Json>>,
});

export const isSubjectStatus: Guard<SubjectStatus> = shape<SubjectStatus>({
  path: isText,
  state: oneOf("in sync", "behind", "stuck", "comparing", "folding", "alone"),
  behind: isWhole,
  ahead: isWhole,
  unreached: isWhole,
  troubles: list(
    shape<SubjectTrouble>({
      cause: oneOf(...subjectCauses),
      address: optional(isText),
      peer: optional(isText),
      detail: optional(isText),
      fix: isText,
    }),
    unbounded,
  ),
});

export const isQuarantined = list(
  shape<Quarantined>({ author: isText, epoch: isWhole, nonce: isText, seq: isWhole, reason: isText }),
  unbounded,
);

const isRow = (value: unknown): value is readonly [string, Json] => Array.isArray(value) && value.length === 2 && isText(value[0]);
export const isTablePage: Guard<TablePage> = shape<TablePage>({ rows: list(isRow, unbounded), after: optional(isText) });
export const isTableValue = shape<{ readonly value?: Json }>({ value: optional(isJson) as Guard<NonNullable<Json>> });
