import { checkCalls, checkedTable, namedType, SinterError } from "@sinter/core";
import { withStore } from "../store/store-link.js";
import { usage } from "../terminal/failure.js";
import { interrupted } from "../terminal/interruption.js";
import { printable } from "../terminal/render.js";
import { operationLine, valueLines, valueText } from "../terminal/value-lines.js";
import { type Context, checkSubject, dataDir, type Registry, refuseBroken, storeOptions, wholeNumber } from "./context.js";
import { ask, askedOf, type ReadFlags, type TypeFlags, withReadFlags, withTypeFlag, write } from "./subject-flags.js";

interface ScanFlags extends ReadFlags {
  readonly prefix?: string;
  readonly after?: string;
  readonly limit?: number;
}

const limitMost = 999_999_999_999;

/** Keys and what each holds. */
export function addTable(registry: Registry): void {
  const { program, context, chosen } = registry;
  const table = program
    .command("table")
    .summary("put, get, delete and scan the keys of a table")
    .description(
      "Reads and writes a subject key by key. One that is new is a table of JSON, where the last write under a key wins; with --type, a " +
        "map of another kind. What is written is durable when the command returns.",
    )
    .usage("[options] <command>")
    .argument("[command]", "what to do")
    .addHelpText("after", "\nExamples:\n  sinter table put team/stock apples 7\n  sinter table scan team/stock --prefix a --json")
    .action((what: string | undefined) =>
      chosen(() => {
        const names = table.commands.map((command) => command.name()).join(", ");
        throw usage(
          what === undefined ? "no table command given" : `unknown table command '${what}'`,
          `Give one of ${names}; see sinter table --help.`,
        );
      }),
    );
  const inTable = { ...registry, program: table };
  addPut(inTable);
  addRead(inTable);
  addDel(inTable);
  addScan(inTable);
  withReadFlags(table.command("history"))
    .summary("list all that was ever written under a key")
    .description("Lists all that was ever written under a key, in the order in which it counts: time, author, seq, value.")
    .argument("<path>", "for example team/stock")
    .argument("<key>", "for example apples")
    .addHelpText("after", "\nExample:\n  sinter table history team/stock apples")
    .action((path: string, key: string, flags: ReadFlags) => chosen(() => history(context, path, key, flags)));
  withReadFlags(table.command("root"))
    .summary("print the Merkle root of a table")
    .description("Prints the root over all keys, what they hold and which operations won: equal roots, equal tables.")
    .argument("<path>", "for example team/stock")
    .addHelpText("after", "\nExample:\n  sinter table root team/stock")
    .action((path: string, flags: ReadFlags) => chosen(() => root(context, path, flags)));
}

function checkTable(path: string, { type }: TypeFlags): void {
  checkSubject(path);
  if (type !== undefined) checkedTable(path, namedType(type));
}

function checkKey(path: string, key: string, flags: TypeFlags): void {
  checkTable(path, flags);
  refuseBroken("KEY", key, "Name the key in UTF-8.");
}

function addPut({ program, context, chosen }: Registry): void {
  withTypeFlag(program.command("put"))
    .summary("write a value under a key")
    .description(
      "Writes a value under a key: JSON where it is JSON, text otherwise. Where there is no store yet it makes one, and says so.",
    )
    .argument("<path>", "for example team/stock")
    .argument("<key>", "for example apples")
    .argument("<value>", "for example 7, red or '{\"a\":1}'; behind -- if it begins with a hyphen")
    .addHelpText("after", "\nExample:\n  sinter table put team/stock apples 7")
    .action((path: string, key: string, value: string, flags: TypeFlags) =>
      chosen(() => {
        checkKey(path, key, flags);
        refuseBroken("VALUE", value, "Give it in UTF-8.");
        if (flags.type !== undefined) checkCalls(flags.type, [{ name: "set", keys: [key], given: [value] }]);
        const asked = askedOf(flags);
        return write(context, flags, { ifMissing: "create", path, question: (peer) => peer.described.tablePut(path, key, value, asked) });
      }),
    );
}

function addDel({ program, context, chosen }: Registry): void {
  withTypeFlag(program.command("del"))
    .summary("delete a key")
    .description("Deletes what is under a key. That it was deleted stays in its history.")
    .argument("<path>", "for example team/stock")
    .argument("<key>", "for example apples")
    .addHelpText("after", "\nExample:\n  sinter table del team/stock apples")
    .action((path: string, key: string, flags: TypeFlags) =>
      chosen(() => {
        checkKey(path, key, flags);
        return write(context, flags, {
          ifMissing: "refuse",
          path,
          question: (peer) => peer.described.tableDelete(path, key, askedOf(flags)),
        });
      }),
    );
}

function addRead({ program, context, chosen }: Registry): void {
  withReadFlags(program.command("get"))
    .summary("print what is under a key")
    .description("Prints what is under a key. Exits 1 where nothing is.")
    .argument("<path>", "for example team/stock")
    .argument("<key>", "for example apples")
    .addHelpText("after", "\nExample:\n  sinter table get team/stock apples --json | jq .value")
    .action((path: string, key: string, flags: ReadFlags) => chosen(() => get(context, path, key, flags)));
}

async function get(context: Context, path: string, key: string, flags: ReadFlags): Promise<0> {
  checkKey(path, key, flags);
  const { value } = await ask(context, flags, (peer) => peer.described.tableGet(path, key, askedOf(flags)));
  if (value === undefined) throw noKey(path, key);
  if (flags.json) await context.output.json({ key, value });
  else for (const line of valueLines(value)) await context.output.line(line);
  return 0;
}

function noKey(path: string, key: string): SinterError {
  return new SinterError("not-found", `no key ${printable(key)} in ${printable(path)}`, `List the keys with: sinter table scan ${path}`);
}

function addScan({ program, context, chosen }: Registry): void {
  withReadFlags(program.command("scan"))
    .summary("list keys, in order")
    .description("Lists keys and what is under them, in the order of the keys' bytes.")
    .argument("<path>", "for example team/stock")
    .option("--prefix <text>", "only keys that begin with this")
    .option("--after <key>", "only keys behind this one")
    .option("--limit <n>", "no more than this many", wholeNumber(1, limitMost))
    .addHelpText("after", "\nExample:\n  sinter table scan team/stock --prefix a --limit 10")
    .action((path: string, flags: ScanFlags) => chosen(() => scan(context, path, flags)));
}

async function scan(context: Context, path: string, flags: ScanFlags): Promise<0> {
  checkTable(path, flags);
  const { output, progress, signal } = context;
  const { prefix, limit = Number.POSITIVE_INFINITY } = flags;
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  let count = 0;
  await withStore(options, async (store) => {
    for (let after = flags.after; count < limit && !output.gone.aborted; ) {
      if (signal.aborted) throw interrupted();
      const left = Number.isFinite(limit) ? { limit: limit - count } : {};
      const wanted = { ...left, ...(prefix === undefined ? {} : { prefix }), ...(after === undefined ? {} : { after }) };
      const page = await store.ask((peer) => peer.described.tableScan(path, wanted, askedOf(flags)));
      for (const [key, value] of page.rows) {
        count += 1;
        await (flags.json ? output.json({ key, value }) : output.line(`${printable(key)}  ${valueText(value)}`));
      }
      after = page.after;
      if (after === undefined) return;
    }
  });
  if (count === 0) progress.remark(prefix === undefined ? `no keys in ${path}` : `no keys that begin with ${prefix} in ${path}`);
  return 0;
}

async function history(context: Context, path: string, key: string, flags: ReadFlags): Promise<0> {
  checkKey(path, key, flags);
  const { output } = context;
  const operations = await ask(context, flags, (peer) => peer.described.tableHistory(path, key, askedOf(flags)));
  for (const operation of operations) await (flags.json ? output.json(operation) : output.line(operationLine(operation)));
  if (operations.length === 0) throw noKey(path, key);
  return 0;
}

async function root(context: Context, path: string, flags: ReadFlags): Promise<0> {
  checkTable(path, flags);
  const { output } = context;
  const found = await ask(context, flags, (peer) => peer.described.tableRoot(path, askedOf(flags)));
  await (flags.json ? output.json({ path, root: found }) : output.line(found));
  return 0;
}
