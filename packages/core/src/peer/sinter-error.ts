// What goes wrong in operation, said so that a person can act on it.

export type ErrorCode =
  | "usage" // the call is wrong
  | "invalid-path"
  | "too-large"
  | "busy" // more in flight than the bounds allow
  | "disk-full"
  | "clock" // this machine's clock cannot be right
  | "in-use" // another process holds the store
  | "wrong-store" // not a store, or of another network or version
  | "no-store"
  | "corrupt" // bytes on disk are not what was written
  | "permission" // files readable by others, or not by us
  | "stopped" // the peer has stopped
  | "unknown-outcome" // may or may not have happened
  | "aborted"
  | "holder-lost" // the process that held the store went away
  | "not-found"
  | "exists" // something is there where something new is to be
  | "lens" // a subject that is read through another type, or through none that is known
  | "invalid-fragments" // what was read is not as the schema or the rules have it
  | "conflict" // fragments contradict each other where that is to stop everything
  | "lawless" // a merge type that does not keep the laws
  | "internal";

export class SinterError extends Error {
  readonly code: ErrorCode;
  /** What to do about it. */
  readonly fix: string;

  constructor(code: ErrorCode, message: string, fix: string, options?: { readonly cause?: unknown }) {
    super(message);
    this.name = "SinterError";
    this.code = code;
    this.fix = fix;
    if (options?.cause !== undefined) this.cause = options.cause;
  }
}
