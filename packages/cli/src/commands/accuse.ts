import { isMalformed, parseForkText, SinterError } from "@sinter/core";
import { withStore } from "../store/store-link.js";
import { forkJson, forkLines } from "../terminal/fork-lines.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";
import { proofInput } from "./proof-input.js";

export function addAccuse({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("accuse"))
    .summary("take in a proof that a feed is forked")
    .description(
      "Takes in the proof of a fork that sinter forks --proof has printed, here or elsewhere. It is checked from its bytes alone; " +
        "if it holds, what the feed has behind the fork counts no more, here as everywhere.",
    )
    .argument("<file>", "the proof, as printed or with --json; - reads standard input")
    .addHelpText("after", "\nExample:\n  sinter accuse fork.txt")
    .action((file: string, flags: CommonFlags) => chosen(() => accuse(context, file, flags)));
}

async function accuse(context: Context, file: string, flags: CommonFlags): Promise<0> {
  const { output } = context;
  const text = await proofInput(context, file);
  const proof = isMalformed(text) ? text : parseForkText(text);
  if (isMalformed(proof))
    throw new SinterError("usage", `no proof of a fork: ${proof.reason}`, "Give what sinter forks --proof prints, whole.");
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const { news, fork } = await withStore(options, (store) => store.ask((peer) => peer.accuse(proof)));
  if (flags.json) {
    await output.json({ news, ...forkJson(fork) });
    return 0;
  }
  await output.line(
    news === "frozen" ? "The proof holds, and is kept." : "The proof holds; this, or an earlier fork of the feed, was known.",
  );
  for (const line of forkLines(fork, 1)) await output.line(line);
  return 0;
}
