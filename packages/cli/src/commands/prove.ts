import { isMalformed, type ProofOf, proofText, SinterError, verifyProof } from "@sinter/core";
import { createNodeHasher, Ed25519Verifier } from "sinter";
import { withStore } from "../store/store-link.js";
import { usage } from "../terminal/failure.js";
import { provenJson } from "../terminal/proof-lines.js";
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

interface ProveFlags extends CommonFlags {
  readonly epoch?: string;
  readonly withoutPayload?: boolean;
  readonly withdrawn?: boolean;
}

interface AskedEvent {
  readonly subject: string;
  readonly author: string;
  readonly seq: number;
}

export function addProve({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("prove"))
    .summary("print a proof of one event")
    .description(
      "Prints one line of text that shows, to anybody and without this store, that an author signed for an event: the event, " +
        "its way up to the root of the feed, the seal over it. Check it with: sinter verify FILE",
    )
    .argument("<subject>", "for example team/notes")
    .argument("<author>", "the author's id, as sinter feeds --json has it, or its beginning")
    .argument("<seq>", "the event's number in the feed, from 1", wholeNumber(1, lastSeq))
    .option("--epoch <epoch>", "the epoch's index, or index/nonce: where the author has written in several")
    .option("--without-payload", "show that the event is there, and not what it says")
    .option("--withdrawn", "even of an event behind a fork, which counts no more: it was signed all the same")
    .addHelpText("after", "\nExample:\n  sinter prove team/notes 3f2a9c01 17 > proof.txt && sinter verify proof.txt")
    .action((subject: string, author: string, seq: number, flags: ProveFlags) =>
      chosen(() => prove(context, { subject, author, seq }, flags)),
    );
}

async function prove(context: Context, { subject, author, seq }: AskedEvent, flags: ProveFlags): Promise<0> {
  checkSubject(subject);
  if (!/^[0-9a-f]{1,64}$/i.test(author))
    throw usage("AUTHOR is no author's id", "Give the hexadecimal digits that sinter feeds shows, or the first of them.");
  const what: Pick<ProofOf, "payload" | "withdrawn"> = {
    ...(flags.withoutPayload && { payload: "hash" }),
    ...(flags.withdrawn && { withdrawn: "prove" }),
  };
  const asked: ProofOf = { author, seq, ...epochOf(flags.epoch), ...what };
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const proof = await withStore(options, (store) => store.ask((peer) => peer.prove(subject, asked)));
  const says = verifyProof(proof, { hasher: createNodeHasher(), verifier: new Ed25519Verifier() });
  if (isMalformed(says))
    throw new SinterError("corrupt", `the proof does not hold: ${says.reason}`, "Run sinter audit to see whether the store is sound.");
  const text = proofText(proof);
  await (flags.json ? context.output.json({ proof: text, says: provenJson(says) }) : context.output.line(text));
  return 0;
}
