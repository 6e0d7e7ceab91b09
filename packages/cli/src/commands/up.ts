import { openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { type Signatures, SinterError } from "@sinter/core";
import { Option } from "commander";
import { traceWriter } from "sinter";
import { servePage } from "../page/server.js";
import { type SharedStore, type StoreHandle, withStore } from "../store/store-link.js";
import { aborted, untilInterrupted } from "../terminal/interruption.js";
import { type CommonFlags, type Context, dataDir, type Registry, storeOptions, wholeNumber, withCommonFlags } from "./context.js";
import { type LinkFlags, linkingOf, withLinkFlags } from "./link-flags.js";

interface UpFlags extends CommonFlags, LinkFlags {
  readonly port: number;
  readonly listen?: readonly string[];
  readonly join?: readonly string[];
  readonly trace?: string;
  readonly network?: string;
  readonly signatures?: Signatures;
}

export function addUp({ program, context, chosen }: Registry): void {
  withLinkFlags(withCommonFlags(program.command("up")))
    .summary("run a peer")
    .description(
      "Runs a peer on a store, made with an identity of its own on first run: links it to others, keeps it in agreement with them, and serves a status page on this machine only. Its invite lets others in; it is as secret as the network's secret, which is in it. Ctrl-C ends it.",
    )
    .argument("[store]", "the store's directory")
    .option("--port <n>", "the status page's port (0: 7468, or any that is free)", wholeNumber(0, 65_535), 0)
    .option(
      "--listen <address...>",
      "where others may link to it: HOST:PORT, ws://HOST:PORT over WebSocket, udp://HOST:PORT over UDP (port 0: any that is free)",
    )
    .option(
      "--join <target...>",
      "whom to link to: an invite, HOST:PORT, ws://HOST:PORT, udp://HOST:PORT; none (default: as the last time)",
    )
    .option("--network <name>", "the network of a new store; without a secret it stays on this machine")
    .option("--trace <file>", "write down every step")
    .addOption(
      new Option("--signatures <kind>", "what a new store's author signs with (default: SINTER_SIGNATURES, or hybrid)").choices([
        "hybrid",
        "ed25519",
      ]),
    )
    .addHelpText("after", "\nExample:\n  sinter up --data ./team --listen 192.168.1.7:7400\n  sinter up --data ./mine --join sinter1.…")
    .action((store: string | undefined, flags: UpFlags) => chosen(() => up(context, store, flags)));
}

/** Every step as a line, and what it was given and did below it. */
function traceTo(file: string): ReturnType<typeof traceWriter> {
  const descriptor = openSync(file, "a");
  return traceWriter("trace", (text) => void writeSync(descriptor, text));
}

function joinOf({ join }: UpFlags): readonly string[] | "as before" {
  if (join === undefined) return "as before";
  return join.length === 1 && join[0] === "none" ? [] : join;
}

/** On this machine, where nothing else is said. */
const anyPort = "127.0.0.1:0";

async function up(context: Context, named: string | undefined, flags: UpFlags): Promise<0> {
  const dir = dataDir(context, flags, named);
  const options = storeOptions(context, dir, {
    ifMissing: "create",
    holder: { kind: "peer", what: "sinter up" },
    network: flags.network,
    signatures: flags.signatures,
    linking: {
      ...(await linkingOf(context, flags)),
      listen: flags.listen ?? [anyPort],
      join: joinOf(flags),
      ...(flags.trace !== undefined && { trace: traceTo(flags.trace) }),
    },
  });
  const running = withStore(options, async (store) => {
    refuseSecond(dir, await store.current());
    const page = await servePage({ port: flags.port, status: () => store.ask((peer) => peer.status()) });
    try {
      await announce(context, flags, dir, page.url, store);
      await standBy(context, dir, store);
    } finally {
      await page.close();
    }
  });
  await untilInterrupted(context.signal, running);
  return 0;
}

/** Follows whoever holds the store until it is ours, then holds it until the signal. */
async function standBy({ signal }: Context, dir: string, store: SharedStore): Promise<void> {
  const end = aborted(signal);
  while (!signal.aborted) {
    const handle = await store.current();
    refuseSecond(dir, handle);
    if (handle.held.by === "us") return Promise.race([end, halted(handle, signal)]);
    await Promise.race([handle.lost, end]);
    if (!signal.aborted) await store.renew(handle);
  }
}

/** Rejects when our own peer stops by itself. Whoever follows a subject is told of that, though nothing comes on this one. */
async function halted({ peer }: StoreHandle, signal: AbortSignal): Promise<void> {
  const events = peer.events("sinter/up", { follow: true, signal })[Symbol.asyncIterator]();
  while (!(await events.next()).done);
}

/** A command that holds the store will leave it; a peer will not. */
function refuseSecond(dir: string, { held }: StoreHandle): void {
  if (held.by === "us" || held.kind === "command") return;
  throw new SinterError("in-use", `a peer runs on ${dir} already (process ${held.pid})`, "Ask it with: sinter status, or stop it first.");
}

async function announce({ io, output, progress }: Context, flags: UpFlags, dir: string, url: string, store: SharedStore): Promise<void> {
  const { peer, author, network } = await store.ask((asked) => asked.status());
  const { held, peer: here } = await store.current();
  // Whoever holds the store for now lets nobody in.
  const invite = held.by === "us" ? await here.invite() : undefined;
  if (flags.json) {
    await output.json({ data: resolve(dir), peer, author, network, page: url, pid: process.pid, ...(invite !== undefined && { invite }) });
  } else {
    const command = io.env["SINTER_COMMAND"] || "sinter";
    const where = flags.data === undefined && dir === "./sinter-data" ? "" : ` --data ${quoted(dir)}`;
    const lines = { data: resolve(dir), peer, author, network, page: url };
    for (const [name, value] of Object.entries(lines)) await output.line(`${name.padEnd(8)}  ${value}`);
    if (invite !== undefined) {
      await output.line(`invite    ${invite}`);
      await output.line(`Another peer joins with: ${command} up --data ./another --join INVITE`);
    }
    await output.line(`Next, in another terminal: ${command} append team/notes 'hello'${where}`);
  }
  await output.flush();
  if (held.by === "other") progress.remark(`process ${held.pid} has the store for now; this peer takes it over when that one ends`);
}

function quoted(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
