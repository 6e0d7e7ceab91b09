import { resolve } from "node:path";
import type { ImportedFeed } from "@sinter/core";
import { withStore } from "../store/store-link.js";
import { countText, printable, shortId } from "../terminal/render.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

interface ImportFlags extends CommonFlags {
  readonly network?: string;
}

export function addImport({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("import"))
    .summary("take in a subject that sinter export wrote")
    .description(
      "Takes in the feeds of a subject from what sinter export wrote. Nothing of it is believed: every event is verified as if a " +
        "stranger offered it, and what does not hold is not taken. Says what became of each feed; exits 1 if one was refused.",
    )
    .argument("<from>", "the directory, or the index in it")
    .option("--network <name>", "where there is no store yet, make one of this network")
    .addHelpText(
      "after",
      `
What is here already is held, and not taken twice: an import may be repeated, and goes on where it was interrupted. If the
segments hold more of this store's own feed than the store does, the store has forgotten what it wrote (a disk put back, a
snapshot): that is taken in too, and what was written in its place meanwhile is appended again behind it, in a new epoch.

Examples:
  sinter import /mnt/usb/notes
  sinter import ./archive --data ./fresh --network team --json`,
    )
    .action((from: string, flags: ImportFlags) => chosen(() => importSubject(context, from, flags)));
}

async function importSubject(context: Context, from: string, flags: ImportFlags): Promise<0 | 1> {
  const { output, progress, signal } = context;
  const { network } = flags;
  const ifMissing = network === undefined ? "refuse" : "create";
  const missingFix = "Add --network NAME, the network that it comes from, to make one; or name another store with --data DIR.";
  const options = storeOptions(context, dataDir(context, flags), { ifMissing, missingFix, network });
  const show = ({ events, total }: { readonly events: number; readonly total: number }) =>
    progress.show(`${events.toLocaleString("en-US")} of ${countText(total, "event")} verified`);
  try {
    const report = await withStore(options, (store) => store.ask((peer) => peer.import(resolve(from), { signal, progress: show })));
    progress.clear();
    const { subject, feeds } = report;
    const refused = feeds.filter(({ outcome }) => outcome !== "taken" && outcome !== "held").length;
    const code = refused === 0 ? 0 : 1;
    if (flags.json) {
      await output.json(report);
      return code;
    }
    for (const feed of feeds) await output.line(printable(feedLine(feed)));
    const taken = feeds.reduce((sum, feed) => sum + feed.taken, 0);
    const what = `imported ${countText(taken, "event")} of ${subject} in ${countText(feeds.length, "feed")}`;
    await output.line(printable(refused === 0 ? what : `${what}, ${refused} refused`));
    return code;
  } finally {
    progress.clear();
  }
}

function feedLine(feed: ImportedFeed): string {
  const { author, epoch, nonce, events, held, taken, outcome, file, reason } = feed;
  const whose = `${shortId(author)}  epoch ${epoch}/${shortId(nonce)}`;
  const counts = `taken ${taken.toLocaleString("en-US")} of ${countText(events, "event")}, held ${held.toLocaleString("en-US")}`;
  const refusal = outcome === "taken" || outcome === "held" ? "" : `, refused (${outcome}): ${reason} (${file})`;
  const again = feed.reappended === undefined ? "" : `, ${countText(feed.reappended, "event")} of this store appended again behind them`;
  return `${whose}  ${counts}${again}${sealText(feed)}${refusal}`;
}

/** Of the second signature, where there is one. */
function sealText({ hybrid, hybridReason }: ImportedFeed): string {
  switch (hybrid) {
    case "none":
      return "";
    case "taken":
    case "held":
      return `, hybrid seal ${hybrid}`;
    case "ahead":
      return ", hybrid seal over events that did not come";
    case "refused":
      return `, hybrid seal refused: ${hybridReason}`;
  }
}
