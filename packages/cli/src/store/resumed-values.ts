import { type ChangeReport, type DescribedSubjects, SinterError, type SubjectAsked, type SubjectReport } from "@sinter/core";
import type { SharedStore } from "./store-link.js";

type Following = SubjectAsked & { readonly signal: AbortSignal };

/** A subject's values across changes of the store's holder: the next holder's first one is the latest. */
export async function* resumedValues(store: SharedStore, path: string, options: Following): AsyncGenerator<SubjectReport, void> {
  yield* resumed(store, options.signal, (described) => described.followSubject(path, options));
}

/** A subject's changes across changes of the store's holder; `renewed` is called where some may have been missed. */
export async function* resumedChanges(
  store: SharedStore,
  path: string,
  { renewed, ...options }: Following & { readonly renewed: () => void },
): AsyncGenerator<ChangeReport, void> {
  yield* resumed(store, options.signal, (described) => described.changesOf(path, options), renewed);
}

async function* resumed<T>(
  store: SharedStore,
  signal: AbortSignal,
  read: (described: DescribedSubjects) => AsyncIterable<T>,
  renewed = () => {},
): AsyncGenerator<T, void> {
  for (;;) {
    const handle = await store.current();
    try {
      yield* read(handle.peer.described);
      return;
    } catch (error) {
      if (!(error instanceof SinterError) || error.code !== "holder-lost") throw error;
      if (signal.aborted) return;
      await store.renew(handle);
      renewed();
    }
  }
}
