import { type AuditReport, SinterError } from "@sinter/core";
import { type StoreOptions, withStore } from "../store/store-link.js";
import { countText, printable } from "../terminal/render.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

interface Flags extends CommonFlags {
  readonly repair?: boolean;
}

export function addAudit({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("audit"))
    .summary("verify every byte of a store")
    .description(
      "Hashes every byte of a store again, checks chains, proofs, seals and indexes, and names what is wrong and where. Exits 1 if anything is.",
    )
    .option("--repair", "first mend what follows from sealed events; events themselves are never changed or cut away")
    .argument("[store]", "the store's directory")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter audit ./sinter-data && echo sound\n  sinter audit --repair --data ./sinter-data   while no peer runs on it",
    )
    .action((store: string | undefined, flags: Flags) => chosen(() => audit(context, store, flags)));
}

async function audit(context: Context, named: string | undefined, flags: Flags): Promise<0 | 1> {
  const { output } = context;
  const dir = dataDir(context, flags, named);
  const mended = flags.repair ? (await context.io.repair({ dir, signal: context.signal })).mended : [];
  const { ok, events, feeds, views, problems } = await report(context, storeOptions(context, dir, { ifMissing: "refuse" }));
  if (flags.json) {
    await output.json({ ok, events, feeds, views, problems, ...(flags.repair ? { mended } : {}) });
    return ok ? 0 : 1;
  }
  for (const { what, where, detail } of mended) await output.line(printable(`mended: ${what} at ${where}: ${detail}`));
  for (const { what, where, detail } of problems) await output.line(printable(`${what} at ${where}: ${detail}`));
  const seen = `${countText(events, "event")} in ${countText(feeds, "feed")}${views === 0 ? "" : `, ${countText(views, "view")}`}`;
  await output.line(ok ? `sound: ${seen}` : `not sound: ${countText(problems.length, "problem")} among ${seen}`);
  return ok ? 0 : 1;
}

async function report({ progress, signal }: Context, options: StoreOptions): Promise<AuditReport> {
  try {
    return await withStore(options, (store) =>
      store.ask((peer) =>
        peer.audit({
          signal,
          progress: ({ events, total }) => progress.show(`${events.toLocaleString("en-US")} of ${countText(total, "event")} verified`),
        }),
      ),
    );
  } catch (error) {
    // A store too damaged to be opened is what an audit is there to tell.
    if (!(error instanceof SinterError) || error.code !== "corrupt") throw error;
    return { ok: false, events: 0, feeds: 0, views: 0, problems: [{ what: "store", where: options.dir, detail: error.message }] };
  } finally {
    progress.clear();
  }
}
