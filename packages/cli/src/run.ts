import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addAccuse } from "./commands/accuse.js";
import { addAdd } from "./commands/add.js";
import { addAppend } from "./commands/append.js";
import { addAudit } from "./commands/audit.js";
import { addBackup } from "./commands/backup.js";
import { addBench } from "./commands/bench.js";
import { addCat } from "./commands/cat.js";
import { addConflicts } from "./commands/conflicts.js";
import type { Context, Work } from "./commands/context.js";
import { addExplain } from "./commands/explain.js";
import { addExport } from "./commands/export.js";
import { addFeeds } from "./commands/feeds.js";
import { addForks } from "./commands/forks.js";
import { addGet } from "./commands/get.js";
import { addImport } from "./commands/import.js";
import { addIncrement } from "./commands/increment.js";
import { addKeys } from "./commands/keys.js";
import { addLaws } from "./commands/laws.js";
import { addProve } from "./commands/prove.js";
import { addRedact } from "./commands/redact.js";
import { addRemove } from "./commands/remove.js";
import { addRestore } from "./commands/restore.js";
import { addSet } from "./commands/set.js";
import { addSim } from "./commands/sim.js";
import { addStatus } from "./commands/status.js";
import { addSubject } from "./commands/subject.js";
import { addSubjects } from "./commands/subjects.js";
import { addSync } from "./commands/sync.js";
import { addSynthesize } from "./commands/synthesize.js";
import { addTable } from "./commands/table.js";
import { addTrace } from "./commands/trace.js";
import { addUp } from "./commands/up.js";
import { addVerify } from "./commands/verify.js";
import { addWanted } from "./commands/wanted.js";
import { addWatch } from "./commands/watch.js";
import { type ExitCode, exitCodeOf, failureLine, usage } from "./terminal/failure.js";
import { interrupted } from "./terminal/interruption.js";
import type { Io } from "./terminal/io.js";
import { Output, Progress } from "./terminal/output.js";

const commands = [
  addUp,
  addSync,
  addAppend,
  addCat,
  addSubjects,
  addSubject,
  addSet,
  addAdd,
  addRemove,
  addIncrement,
  addGet,
  addWatch,
  addExplain,
  addConflicts,
  addTable,
  addSynthesize,
  addFeeds,
  addAudit,
  addProve,
  addVerify,
  addForks,
  addAccuse,
  addRedact,
  addWanted,
  addBackup,
  addRestore,
  addExport,
  addImport,
  addKeys,
  addStatus,
  addLaws,
  addSim,
  addTrace,
  addBench,
];

/** Runs one command line (without the program's own name) and answers its exit code: 0 done, 1 failed, 2 wrong usage. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const stop = new AbortController();
  const silence = io.onSignal(() => {
    if (stop.signal.aborted) io.forceExit(1);
    stop.abort();
  });
  // A closed standard error must not end a command that has work to finish.
  io.stderr.on("error", () => {});
  const output = new Output(io.stdout);
  const progress = new Progress(io.stderr);
  try {
    const work = understand(argv, { io, output, progress, signal: stop.signal });
    const code = await work();
    await output.flush();
    return code;
  } catch (error) {
    progress.clear();
    const told = stop.signal.aborted && error instanceof Error && error.name === "AbortError" ? interrupted() : error;
    io.stderr.write(`${failureLine(told)}\n`);
    return exitCodeOf(told);
  } finally {
    // What it could not write is told above, or is less than what was.
    await output.flush().catch(() => {});
    silence();
  }
}

/** `help append` is `append --help`; a command that is not there is told of rather than explained. */
function plainLine(argv: readonly string[], program: Command): string[] {
  const [first = "", ...rest] = argv;
  if (first === "help") return plainLine([...rest, "--help"], program);
  const known = first.startsWith("-") || program.commands.some((command) => command.name() === first);
  return known ? [...argv] : [first];
}

/** What the command line asks for, or a usage error. Help and version are work too: to print them. */
function understand(argv: readonly string[], context: Context): Work {
  let work: Work | undefined;
  let text = "";
  const program = new Command("sinter")
    .description("Local-first, peer-to-peer state: signed feeds in, one state out.")
    .version(version(), "--version", "print the version")
    .exitOverride()
    .configureOutput({ writeOut: (part) => (text += part), writeErr: () => {} })
    .helpCommand(false)
    .addHelpText(
      "after",
      "\nExamples:\n  sinter up\n  sinter append team/notes 'hello'\n  sinter cat team/notes -f\n\nExit codes: 0 done, 1 failed, 2 wrong usage.",
    );
  const chosen = (chose: Work) => {
    work = chose;
  };
  for (const add of commands) add({ program, context, chosen });
  if (argv.length === 0)
    throw usage("no command given", `Give one of ${program.commands.map((command) => command.name()).join(", ")}, or --help`);
  try {
    program.parse(plainLine(argv, program), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageOf(error, program, { argv, name: context.io.env["SINTER_COMMAND"] || "sinter" });
  }
  const print: Work = async () => {
    await context.output.line(text.trimEnd());
    return 0;
  };
  return work ?? print;
}

function usageOf(error: CommanderError, program: Command, given: { readonly argv: readonly string[]; readonly name: string }): Error {
  const [what = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const meant = /\(Did you mean (.+?)\?\)/.exec(rest.join(" "))?.[1];
  const help = [given.name, ...namedIn(program, given.argv), "--help"].join(" ");
  return usage(what, meant === undefined ? `See ${help}` : `Did you mean ${meant}? See ${help}`);
}

/** The command that the line begins with, and the one within it. */
function namedIn(program: Command, [word, ...rest]: readonly string[]): string[] {
  const named = program.commands.find((command) => command.name() === word);
  return named === undefined ? [] : [named.name(), ...namedIn(named, rest)];
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}
