import {
  type AuditReport,
  type BackupReport,
  type ExportReport,
  type FeedRow,
  type ImportedFeed,
  type ImportReport,
  type LinkStatus,
  type PeerStatus,
  type SyncCause,
  type SyncReport,
  syncCauses,
  type WantedPage,
  type WantedPayload,
} from "@sinter/core";
import { isFlag, isText, isWhole, list, oneOf, optional, pair, shape } from "./shape.js";

// What a holder answers about its store as a whole, as a client believes it.

/** The length of the answer bounds these lists. */
const unbounded = Number.MAX_SAFE_INTEGER;

export const isFeedRows = list(
  shape<FeedRow>({
    subject: isText,
    author: isText,
    epoch: isWhole,
    nonce: isText,
    size: isWhole,
    freezeAt: optional(isWhole),
    hybridSize: isWhole,
    head: isText,
    stamp: pair,
  }),
  unbounded,
);
export const isPeerStatus = shape<PeerStatus>({
  peer: isText,
  author: isText,
  network: isText,
  root: isText,
  subjects: list(shape<PeerStatus["subjects"][number]>({ path: isText, events: isWhole }), unbounded),
  links: list(
    shape<LinkStatus>({
      address: isText,
      peer: optional(isText),
      state: oneOf("in sync", "behind", "stuck", "comparing"),
      behind: isWhole,
      ahead: isWhole,
      cause: optional<SyncCause>(oneOf(...syncCauses)),
      detail: optional(isText),
      fix: optional(isText),
    }),
    unbounded,
  ),
  forks: isWhole,
  disk: oneOf("roomy", "full"),
});
export const isSyncReport = shape<SyncReport>({
  peer: isText,
  converged: isFlag,
  reason: optional(isText),
  sent: isWhole,
  received: isWhole,
  bytesOut: isWhole,
  bytesIn: isWhole,
  rounds: isWhole,
  ms: isWhole,
});
export const isAuditReport = shape<AuditReport>({
  ok: isFlag,
  events: isWhole,
  feeds: isWhole,
  views: isWhole,
  problems: list(shape<AuditReport["problems"][number]>({ what: isText, where: isText, detail: isText }), unbounded),
});

export const isExportReport = shape<ExportReport>({
  dir: isText,
  network: isText,
  subject: isText,
  feeds: isWhole,
  events: isWhole,
  bytes: isWhole,
  segments: shape<ExportReport["segments"]>({ written: isWhole, kept: isWhole, removed: isWhole }),
  lacks: oneOf("nothing", "payloads"),
});

export const isImportReport = shape<ImportReport>({
  from: isText,
  network: isText,
  subject: isText,
  feeds: list(
    shape<ImportedFeed>({
      author: isText,
      epoch: isWhole,
      nonce: isText,
      events: isWhole,
      held: isWhole,
      taken: isWhole,
      outcome: oneOf("taken", "held", "forked", "differs", "frozen", "malformed", "refused"),
      reappended: optional(isWhole),
      file: optional(isText),
      reason: optional(isText),
      hybrid: oneOf("taken", "held", "none", "ahead", "refused"),
      hybridReason: optional(isText),
    }),
    unbounded,
  ),
});

export const isWantedPage = shape<WantedPage>({
  wanted: list(
    shape<WantedPayload>({
      subject: isText,
      author: isText,
      epoch: isWhole,
      nonce: isText,
      seq: isWhole,
      hash: isText,
      bytes: isWhole,
    }),
    unbounded,
  ),
  next: optional(isText),
});

export const isBackupReport = shape<BackupReport>({
  dir: isText,
  network: isText,
  author: isText,
  keys: oneOf("included", "left out"),
  bytes: isWhole,
  crc32: isText,
  at: isText,
});
