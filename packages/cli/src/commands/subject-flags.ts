import {
  type Assurance,
  type CommandCall,
  checkCalls,
  checkedPath,
  namedType,
  noType,
  type PeerApi,
  type Receipt,
  SinterError,
  type SubjectAsked,
} from "@sinter/core";
import { type Command, Option } from "commander";
import { type SharedStore, withStore } from "../store/store-link.js";
import { printable, shortId } from "../terminal/render.js";
import { type CommonFlags, type Context, checkSubject, dataDir, storeOptions, withCommonFlags } from "./context.js";

// What commands on subjects have in common: their flags, and how a write is made and told.

export interface TypeFlags extends CommonFlags {
  readonly type?: string;
}

export interface ReadFlags extends TypeFlags {
  readonly assurance?: Assurance;
}

/** Which part of a subject is meant. */
export interface PartFlags {
  readonly field?: readonly string[];
  readonly key?: readonly string[];
}

export interface WriteFlags extends TypeFlags, PartFlags {}

export function withTypeFlag(command: Command): Command {
  return withCommonFlags(command).option(
    "--type <type>",
    "how a new subject is read, such as pn-counter, register(text) or 'or-set(text)'; one that is there has its type",
  );
}

export function withReadFlags(command: Command): Command {
  return withTypeFlag(command).addOption(
    new Option("--assurance <kind>", "hybrid: only what both keys of a hybrid author have signed").choices(["classical", "hybrid"]),
  );
}

const gathered = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function withPartFlags(command: Command): Command {
  return command
    .option("--field <name>", "of a record: this field (again for a record in it)", gathered)
    .option("--key <key>", "of a map: what lies under this key (again for a map in it)", gathered);
}

export function partOf({ field, key }: PartFlags): Pick<CommandCall, "fields" | "keys"> {
  return { ...(field === undefined ? {} : { fields: field }), ...(key === undefined ? {} : { keys: key }) };
}

export function askedOf({ type, assurance }: ReadFlags): SubjectAsked {
  return { ...(type === undefined ? {} : { type }), ...(assurance === undefined ? {} : { assurance }) };
}

/** What was typed is understood before a store is opened for it. */
export function checkRead(path: string, { type }: ReadFlags): void {
  checkSubject(path);
  if (type !== undefined) namedType(type);
}

/** Reads from a store that is there. */
export async function ask<T>(context: Context, flags: CommonFlags, question: (peer: PeerApi) => Promise<T>): Promise<T> {
  return await withStore(storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" }), (store) => store.ask(question));
}

/** Writes one event of one call, and says where it is once it is on disk. */
export async function change(context: Context, path: string, call: CommandCall, flags: WriteFlags): Promise<0> {
  checkSubject(path);
  if (flags.type !== undefined) checkCalls(flags.type, [call]);
  const ifMissing = flags.type === undefined ? "refuse" : "create";
  const written = write(context, flags, {
    ifMissing,
    path,
    question: (peer) => peer.described.changeSubject(path, [call], askedOf(flags)),
  });
  return await written.catch((error: unknown) => {
    // With a type, a store is made.
    if (!(error instanceof SinterError) || error.code !== "no-store" || flags.type !== undefined) throw error;
    const { code, message, fix } = noType(path);
    throw new SinterError(code, `${error.message}, and ${message}`, fix, { cause: error });
  });
}

interface Writing {
  readonly ifMissing: "create" | "refuse";
  readonly path: string;
  readonly question: (peer: PeerApi) => Promise<Receipt>;
}

export async function write(context: Context, flags: TypeFlags, { ifMissing, path, question }: Writing): Promise<0> {
  const { output } = context;
  const dir = dataDir(context, flags);
  const receipt = await withStore(storeOptions(context, dir, { ifMissing }), async (store) => {
    if (!flags.json) await tellOfNew(context, dir, store);
    return await store.ask(async (peer) => {
      if (flags.type !== undefined) await refuseOtherType(peer, path, flags.type);
      return await question(peer);
    });
  });
  const { author, epoch } = receipt;
  const [seq, id] = [receipt.seq(0), receipt.id(0)];
  if (flags.json) await output.json({ author, epoch, seq, id });
  else await output.line(`stored in ${printable(path)} as seq ${seq} of ${shortId(author)}, id ${shortId(id)}`);
  return 0;
}

/** What is written through another type than the subject's would count for nobody who reads it through that one. */
async function refuseOtherType(peer: PeerApi, path: string, asked: string): Promise<void> {
  const known = checkedPath(path);
  const type = (await peer.described.subjects(known)).find((row) => row.path === known)?.type;
  if (type === undefined || type === namedType(asked).name) return;
  throw new SinterError("lens", `${path} is read through ${type}, not through ${asked}`, "Leave --type out, or name another subject.");
}

export async function tellOfNew({ progress }: Context, dir: string, store: SharedStore): Promise<void> {
  const { held } = await store.current();
  if (held.by === "us" && held.made) progress.notice(`made a new store in ${printable(dir)}`);
}
