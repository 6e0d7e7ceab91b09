import { DamagedStore } from "../feed/lane/feed-view.js";
import { SinterError } from "./sinter-error.js";

/** What a read threw, as something to act on. */
export function readable(error: unknown): unknown {
  return error instanceof DamagedStore
    ? new SinterError("corrupt", error.message, "Run sinter audit to see what else is wrong.", { cause: error })
    : error;
}

export function readably<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw readable(error);
  }
}
