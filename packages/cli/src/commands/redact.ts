import { withStore } from "../store/store-link.js";
import { shortId } from "../terminal/render.js";
import {
  type CommonFlags,
  type Context,
  checkSubject,
  dataDir,
  epochOf,
  lastSeq,
  type Registry,
  storeOptions,
  wholeNumber,
  withCommonFlags,
} from "./context.js";

interface RedactFlags extends CommonFlags {
  readonly epoch?: string;
}

export function addRedact({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("redact"))
    .summary("take back what an event of yours says")
    .description(
      "Appends an event that takes back what an earlier one of this store's own author says, and drops those bytes here and " +
        "in every store that this event comes to. Nobody else can redact an event, and it cannot be undone.\n\n" +
        "What stays: that there was an event, its kind, time, key and length, and the hash of what it said, so that the feed " +
        "and its proofs stay whole. From the hash a short or a guessable text can be found out by trying. A store that is not " +
        "reached keeps what it has, and so do backups, exports and proofs made before. In this store's file the bytes are no " +
        "longer used, but may be found until its pages are written over.",
    )
    .argument("<subject>", "for example team/notes")
    .argument("<seq>", "the event's number in the feed, as sinter cat shows it", wholeNumber(1, lastSeq))
    .option("--epoch <epoch>", "the epoch's index, or index/nonce: where this author has written in several")
    .addHelpText("after", "\nExample:\n  sinter redact team/notes 17")
    .action((subject: string, seq: number, flags: RedactFlags) => chosen(() => redact(context, { subject, seq }, flags)));
}

async function redact(
  context: Context,
  { subject, seq }: { readonly subject: string; readonly seq: number },
  flags: RedactFlags,
): Promise<0> {
  checkSubject(subject);
  const asked = { seq, ...epochOf(flags.epoch) };
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const receipt = await withStore(options, (store) => store.ask((peer) => peer.redact(subject, asked)));
  const by = { author: receipt.author, epoch: receipt.epoch, seq: receipt.seq(0), id: receipt.id(0) };
  if (flags.json) await context.output.json({ subject, redacted: seq, by });
  else await context.output.line(`redacted event ${seq} of ${subject} by event ${by.seq} (${shortId(by.id)})`);
  return 0;
}
