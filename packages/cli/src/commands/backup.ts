import { resolve } from "node:path";
import { withStore } from "../store/store-link.js";
import { printable, shortId, sizeText } from "../terminal/render.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

interface BackupFlags extends CommonFlags {
  /** Commander turns --without-keys into this. */
  readonly withoutKeys?: boolean;
}

export function addBackup({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("backup"))
    .summary("copy a store while it is in use")
    .description(
      "Copies a store, as of one moment, to a directory that is not there yet or empty. A peer may run on the store, and appends go on meanwhile.",
    )
    .argument("<dir>", "where the backup is to be")
    .option("--without-keys", "leave the secret keys out: the restored store cannot be opened until its own keys.json is beside it")
    .addHelpText(
      "after",
      `
The secret keys go along, so that after the loss of this machine the same author can go on: whoever reads the backup can
write as that author. Its files are yours alone (mode 0600); keep it as safe as the store itself.

Bring a backup back with sinter restore: the restored store goes on in an epoch of its own, and forks nobody. Copying old
bytes back into the same store.mdb, or rolling back a snapshot of the disk or virtual machine it lies on, is not the same:
the store cannot tell, and gives out sequence numbers that it has given out before. What others know of its feeds sets that
right, once the two meet or sinter import has read an export of it. Until then do not write from such a store.

A command that was killed leaves a directory without backup.json: that is no backup, and may be removed.

Examples:
  sinter backup /mnt/usb/notes-2026-11-21
  sinter backup ../nightly --data ./team --without-keys --json`,
    )
    .action((to: string, flags: BackupFlags) => chosen(() => backup(context, to, flags)));
}

async function backup(context: Context, to: string, flags: BackupFlags): Promise<0> {
  const { output, progress, signal } = context;
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const keys = flags.withoutKeys ? "leave out" : "include";
  const show = ({ bytes, total }: { readonly bytes: number; readonly total: number }) =>
    progress.show(`${sizeText(bytes)} of ${sizeText(total)} copied`);
  try {
    const report = await withStore(options, (store) => store.ask((peer) => peer.backup(resolve(to), { keys, signal, progress: show })));
    progress.clear();
    if (flags.json) {
      await output.json(report);
      return 0;
    }
    const along = report.keys === "included" ? "with its secret keys: keep it safe" : "without its keys";
    await output.line(
      printable(
        `backed up network ${report.network}, author ${shortId(report.author)}, ${sizeText(report.bytes)}, to ${report.dir} (${along})`,
      ),
    );
    return 0;
  } finally {
    progress.clear();
  }
}
