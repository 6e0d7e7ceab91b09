import { withStore } from "../store/store-link.js";
import { countText } from "../terminal/render.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";
import { type LinkFlags, linkingOf, withLinkFlags } from "./link-flags.js";

type SyncFlags = CommonFlags & LinkFlags;

export function addSync({ program, context, chosen }: Registry): void {
  withLinkFlags(withCommonFlags(program.command("sync")))
    .summary("come to hold the same as another peer, once")
    .description(
      "Exchanges with one peer until both hold the same, and ends. TARGET is an invite, HOST:PORT, ws://HOST:PORT, udp://HOST:PORT, or the id of a peer that is linked. Exit code 1: they do not hold the same, and it says why.",
    )
    .argument("<target>", "an invite, HOST:PORT, or the id of a linked peer")
    .addHelpText("after", "\nExample:\n  sinter sync 192.168.1.7:7400 --json")
    .action((target: string, flags: SyncFlags) => chosen(() => sync(context, target, flags)));
}

const INVITE = /^sinter[0-9]+\./;

async function sync(context: Context, target: string, flags: SyncFlags): Promise<0 | 1> {
  const { output } = context;
  const isInvite = INVITE.test(target);
  const options = storeOptions(context, dataDir(context, flags), {
    // Whoever has an invite may begin with nothing.
    ifMissing: isInvite ? "create" : "refuse",
    missingFix: "Use an invite to begin a new store with.",
    linking: { ...(await linkingOf(context, flags)), ...(isInvite ? { invite: target } : { listen: [] }) },
  });
  const report = await withStore(options, (store) => store.ask((peer) => peer.sync(target, { signal: context.signal })));
  const { converged, sent, received, bytesOut, bytesIn, rounds, ms, reason, peer } = report;
  if (flags.json)
    await output.json({ converged, sent, received, bytesOut, bytesIn, rounds, ms, peer, ...(reason !== undefined && { reason }) });
  else {
    const end = converged ? "both hold the same" : `they do not hold the same: ${reason ?? "it is not known why"}`;
    await output.line(`${countText(received, "event")} came, ${sent} went, in ${rounds} rounds and ${ms} ms; ${end}`);
  }
  return converged ? 0 : 1;
}
