import { withStore } from "../store/store-link.js";
import { countText, shortId } from "../terminal/render.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

export function addFeeds({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("feeds"))
    .summary("list the feeds in a store")
    .description(
      "Lists the feeds in a store: subject, author, epoch, number of events, head, and how many both keys of a hybrid author have signed.",
    )
    .argument("[store]", "the store's directory")
    .addHelpText("after", "\nExample:\n  sinter feeds --json | jq -r '[.subject, .size] | @tsv'")
    .action((store: string | undefined, flags: CommonFlags) => chosen(() => feeds(context, store, flags)));
}

async function feeds(context: Context, named: string | undefined, flags: CommonFlags): Promise<0> {
  const { output, progress } = context;
  const options = storeOptions(context, dataDir(context, flags, named), { ifMissing: "refuse" });
  const rows = await withStore(options, (store) => store.ask((peer) => peer.feeds()));
  for (const row of rows) {
    if (flags.json) await output.json(row);
    else {
      const { subject, author, epoch, size, hybridSize, head, freezeAt } = row;
      const hybrid = hybridSize === 0 ? "" : `  hybrid ${hybridSize}`;
      const frozen = freezeAt === undefined ? "" : `  forked at ${freezeAt}: see sinter forks`;
      const events = countText(size, "event");
      await output.line(`${subject}  ${shortId(author)}  epoch ${epoch}  ${events}  head ${shortId(head)}${hybrid}${frozen}`);
    }
  }
  if (rows.length === 0) progress.remark("no feeds yet");
  return 0;
}
