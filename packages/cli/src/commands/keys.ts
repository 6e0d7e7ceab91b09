import { withStore } from "../store/store-link.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

export function addKeys({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("keys"))
    .summary("show a store's public keys")
    .description("Shows who this store is: the public keys, and where the secret ones lie. Secrets are never shown.")
    .argument("[store]", "the store's directory")
    .addHelpText("after", "\nExample:\n  sinter keys --json | jq -r .author")
    .action((store: string | undefined, flags: CommonFlags) => chosen(() => keys(context, store, flags)));
}

async function keys(context: Context, named: string | undefined, flags: CommonFlags): Promise<0> {
  const { output, io } = context;
  const dir = dataDir(context, flags, named);
  const options = storeOptions(context, dir, { ifMissing: "refuse" });
  const { peer, author } = await withStore(options, (store) => store.ask((asked) => asked.status()));
  const keyFile = io.keyFile(dir);
  if (flags.json) await output.json({ peer, author, keyFile });
  else for (const line of [`peer      ${peer}`, `author    ${author}`, `key file  ${keyFile}`]) await output.line(line);
  return 0;
}
