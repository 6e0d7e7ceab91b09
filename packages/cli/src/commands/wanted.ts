import { withStore } from "../store/store-link.js";
import { countText, shortId } from "../terminal/render.js";
import { type CommonFlags, type Context, checkSubject, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

export function addWanted({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("wanted"))
    .summary("list the payloads that are not here yet")
    .description(
      "Lists the events that are here without what they say, and that their authors did not redact: subject, author, epoch, " +
        "seq, length and hash of the payload.",
    )
    .argument("[subject]", "of this subject only")
    .addHelpText("after", "\nExample:\n  sinter wanted --json | jq -r .hash")
    .action((subject: string | undefined, flags: CommonFlags) => chosen(() => wanted(context, subject, flags)));
}

async function wanted(context: Context, subject: string | undefined, flags: CommonFlags): Promise<0> {
  const { output, progress, signal } = context;
  if (subject !== undefined) checkSubject(subject);
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  let count = 0;
  await withStore(options, async (store) => {
    for (let after: string | undefined; !signal.aborted; ) {
      const from = after;
      const page = await store.ask((peer) => peer.wanted(subject, from === undefined ? {} : { after: from }));
      for (const payload of page.wanted) {
        count += 1;
        if (flags.json) await output.json(payload);
        else {
          const { author, epoch, seq, bytes, hash } = payload;
          await output.line(`${payload.subject}  ${shortId(author)}  epoch ${epoch}  seq ${seq}  ${countText(bytes, "byte")}  ${hash}`);
        }
      }
      after = page.next;
      if (after === undefined) return;
    }
  });
  if (count === 0 && !signal.aborted) progress.remark("nothing is wanted");
  return 0;
}
