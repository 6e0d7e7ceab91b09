import { SinterError } from "./sinter-error.js";

/** A write of which nothing was heard: the store failed while it was on its way. It may be there, or not. */
export class OutcomeUnknown extends SinterError {
  /** Looks whether it is. Whoever writes again without knowing may write twice. */
  readonly settle: () => Promise<"applied" | "not applied">;

  constructor(message: string, settle: () => Promise<"applied" | "not applied">) {
    super("unknown-outcome", message, "Call settle() of this error to learn whether it was written.");
    this.name = "OutcomeUnknown";
    this.settle = settle;
  }
}
