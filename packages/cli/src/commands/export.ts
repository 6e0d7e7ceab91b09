import { resolve } from "node:path";
import { withStore } from "../store/store-link.js";
import { countText, printable, sizeText } from "../terminal/render.js";
import { type CommonFlags, type Context, checkSubject, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

export function addExport({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("export"))
    .summary("write a subject to a directory, for archives and other stores")
    .description(
      "Writes all feeds of a subject, as of one moment, to a directory of its own: segments, each named by the hash of what is in it, " +
        "and an index with what shows that their authors signed for them. Appends may go on meanwhile.",
    )
    .argument("<subject>", "for example team/notes")
    .argument("<dir>", "where the segments are to be: new, empty, or of an earlier export of the subject")
    .addHelpText(
      "after",
      `
Take it in elsewhere with sinter import: everything is verified there, so it may travel by any way. No secret keys go along.

An export to where an earlier one is writes only what is new: segments that are full never change. It is refused where that
one holds more of a feed than this store does. A command that was killed may leave segments that the index does not name;
they are written over or may be removed.

Examples:
  sinter export team/notes /mnt/usb/notes
  sinter export team/notes ./archive --data ./team --json`,
    )
    .action((subject: string, dir: string, flags: CommonFlags) => chosen(() => exportSubject(context, subject, dir, flags)));
}

async function exportSubject(context: Context, subject: string, dir: string, flags: CommonFlags): Promise<0> {
  const { output, progress, signal } = context;
  checkSubject(subject);
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const show = ({ events, total }: { readonly events: number; readonly total: number }) =>
    progress.show(`${events.toLocaleString("en-US")} of ${countText(total, "event")} exported`);
  try {
    const report = await withStore(options, (store) => store.ask((peer) => peer.export(subject, resolve(dir), { signal, progress: show })));
    progress.clear();
    if (flags.json) {
      await output.json(report);
      return 0;
    }
    const { feeds, events, bytes, segments } = report;
    const what = `${countText(events, "event")} in ${countText(feeds, "feed")}, ${sizeText(bytes)}`;
    const { written, kept, removed } = segments;
    const how = `${countText(written, "segment")} written, ${kept} kept, ${removed} removed`;
    await output.line(printable(`exported ${report.subject}, ${what}, to ${report.dir}: ${how}`));
    if (report.lacks === "payloads") await output.line("payloads that this store still wants are not in it; segments of before stay");
    return 0;
  } finally {
    progress.clear();
  }
}
