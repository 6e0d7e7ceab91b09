import type { LinkStatus } from "@sinter/core";
import { withStore } from "../store/store-link.js";
import { countText } from "../terminal/render.js";
import { behindText, troubleText } from "../terminal/status-lines.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

export function addStatus({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("status"))
    .summary("show what a store holds and who is linked to it")
    .description("Shows the peer, its root, its subjects and links. Equal roots mean the same feeds to the same heads.")
    .argument("[store]", "the store's directory")
    .addHelpText("after", "\nExample:\n  sinter status --json | jq -r .root")
    .action((store: string | undefined, flags: CommonFlags) => chosen(() => status(context, store, flags)));
}

async function status(context: Context, named: string | undefined, flags: CommonFlags): Promise<0> {
  const { output } = context;
  const options = storeOptions(context, dataDir(context, flags, named), { ifMissing: "refuse" });
  const shown = await withStore(options, (store) => store.ask((asked) => asked.status()));
  const { peer, author, network, root, subjects, links, forks, disk } = shown;
  if (flags.json) {
    await output.json({ peer, author, root, subjects, links, forks });
    return 0;
  }
  for (const [name, value] of Object.entries({ peer, author, network, root })) await output.line(`${name.padEnd(8)}  ${value}`);
  for (const { path, events } of subjects) await output.line(`subject   ${path}  ${countText(events, "event")}`);
  if (forks > 0) await output.line(`forks     ${countText(forks, "feed")} with two histories: see sinter forks`);
  for (const link of links) await output.line(`link      ${linkLine(link)}`);
  if (disk === "full") await output.line("disk      full: appends are refused until there is room again");
  return 0;
}

function linkLine({ address, peer, state, cause = "differs", detail, fix = "", ...counts }: LinkStatus): string {
  const who = peer === undefined ? address : `${address}  ${peer.slice(0, 8)}`;
  if (state === "behind") return `${who}  ${behindText(counts)}`;
  if (state !== "stuck") return `${who}  ${state}`;
  return `${who}  stuck: ${troubleText({ cause, fix, ...(detail !== undefined && { detail }) })}`;
}
