import { namesOfPointer, SinterError } from "@sinter/core";
import { Option } from "commander";
import type { DirectorySynthesis } from "sinter/synthesis";
import { failureLine, usage } from "../terminal/failure.js";
import { countText, printable } from "../terminal/render.js";
import { canonicalLine, placeLines, refusedLine, refusedOf } from "../terminal/synthesis-lines.js";
import { type Context, type Registry, wholeNumber } from "./context.js";

interface Flags {
  readonly inputDir: string;
  readonly outputPath?: string;
  readonly schema?: string;
  readonly strategies?: string;
  readonly proto?: string;
  readonly message?: string;
  readonly delimiter?: "," | ";" | "tab";
  readonly explain?: readonly string[];
  readonly conflicts?: string;
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly lenient?: boolean;
  readonly watch?: boolean;
  readonly jobs?: number;
  readonly json?: boolean;
}

const jobsMost = 64;

export function addSynthesize({ program, context, chosen }: Registry): void {
  program
    .command("synthesize")
    .summary("make one document of many fragments that contradict each other")
    .description(
      "Reads every fragment in a folder (JSON, YAML, TOML, NDJSON, CSV, Protobuf, each also as .gz), decides by rules what counts where " +
        "they differ, and puts the one document that comes of it, as canonical JSON, in the place of the one before. The same fragments " +
        "give the same bytes, in whatever order and under whatever names they come. docs/synthesis.md tells all rules.",
    )
    .requiredOption("--input-dir <dir>", "the fragments: every file in the folder and below it")
    .option("--output-path <file>", "where the document is published; needed unless something is only looked at")
    .option("--schema <file>", "a JSON Schema (2020-12) that fragments and the document have to fit; x-merge in it says how to merge")
    .option("--strategies <file>", "how to merge, by path, and what is known of fragments, by name")
    .option("--proto <file>", "what Protobuf fragments (.pb, .binpb, .bin) are; with --message")
    .option("--message <name>", "the message they hold: config.v1.Service")
    .addOption(new Option("--delimiter <sign>", "between the fields of .csv").choices([",", ";", "tab"]))
    .option("--explain <pointer>", "who says what at a place, what counts and why; repeatable, and nothing is published", gathered)
    .option("--conflicts <file>", "list every place where not all that is said counts, a JSON object a line; - is standard output")
    .option("--check", "publish nothing; exit 1 if the published document is another, or if a conflict is not resolved")
    .option("--diff", "show what is different from the published document; nothing is published")
    .option("--lenient", "go on without fragments that are not as they have to be, and tell of them")
    .option("--watch", "again whenever a fragment or a rule changes, until Ctrl-C")
    .option("--jobs <n>", "threads that read (default: as many as there are cores, where there is much to read)", wholeNumber(1, jobsMost))
    .option("--json", "one JSON object a line, for programs")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter synthesize --input-dir fragments --output-path canonical.json --strategies strategies.yaml\n" +
        "  sinter synthesize --input-dir fragments --explain /services/api/replicas\n" +
        "  sinter synthesize --input-dir fragments --output-path canonical.json --check --diff",
    )
    .action((flags: Flags) => chosen(() => synthesize(context, flags)));
}

function gathered(pointer: string, before: readonly string[] = []): readonly string[] {
  if (namesOfPointer(pointer) === undefined) throw usage(`${pointer} is no JSON pointer`, 'Write it like "/services/api/replicas".');
  return [...before, pointer];
}

type Library = typeof import("sinter/synthesis");

async function synthesize(context: Context, flags: Flags): Promise<0 | 1> {
  checkFlags(flags);
  // Loaded when it is asked for: other commands start without it.
  const library = await import("sinter/synthesis");
  return flags.watch ? watch(context, flags, library) : once(context, flags, library);
}

function checkFlags({ outputPath, explain, conflicts, check, diff, watch: watched, proto, message }: Flags): void {
  if (outputPath === undefined && (check || diff || (explain === undefined && conflicts === undefined)))
    throw usage("it is not said which file the document is", "Name it with --output-path FILE.");
  if (watched && (check || diff || explain !== undefined))
    throw usage("--watch publishes, and does nothing else", "Leave the other flag out.");
  if ((proto === undefined) !== (message === undefined))
    throw usage("--proto and --message go together", "Give both: --proto config.proto --message config.v1.Service");
}

async function once(context: Context, flags: Flags, library: Library): Promise<0 | 1> {
  const { progress, output } = context;
  const synthesis = await library
    .synthesizeDirectory({
      ...directoryOf(flags),
      signal: context.signal,
      progress: ({ files, of }) => progress.show(`${files.toLocaleString("en-US")} of ${countText(of, "file")} read`),
    })
    .finally(() => progress.clear());
  for (const refused of synthesis.refused) {
    if (flags.json) await output.line(canonicalLine({ refused: refusedOf(refused) }));
    else await output.line(printable(`refused: ${refusedLine(refused)}`));
  }
  for (const skipped of synthesis.skipped) progress.remark(printable(`skipped: ${skipped.path}: ${skipped.reason}`));
  await explain(context, flags, synthesis);
  if (flags.conflicts !== undefined) await listConflicts(context, flags.conflicts, { synthesis, library });
  const { hash, published, isCurrent } = await decide(context, flags, { synthesis, library });
  await report(context, flags, { synthesis, hash, published });
  const { unresolved } = synthesis.contested;
  return flags.check && (!isCurrent || unresolved > 0) ? 1 : 0;
}

function directoryOf(flags: Flags) {
  const { inputDir, schema, strategies, proto, message, delimiter, jobs } = flags;
  const messages = proto === undefined || message === undefined ? undefined : { file: proto, message };
  return { inputDir, schema, strategies, proto: messages, delimiter: delimiter === "tab" ? ("\t" as const) : delimiter, jobs };
}

async function explain({ output }: Context, { explain: pointers = [], json }: Flags, synthesis: DirectorySynthesis): Promise<void> {
  const places = await synthesis.explain(pointers);
  for (const [at, place] of places.entries()) {
    const pointer = pointers[at] as string;
    if (place === undefined)
      throw new SinterError(
        "not-found",
        `no fragment says anything at ${printable(pointer)}`,
        "See what is there: --explain with a shorter path.",
      );
    if (json) await output.line(canonicalLine({ explained: place }));
    else for (const line of placeLines(pointer, place)) await output.line(printable(line));
  }
}

interface Made {
  readonly synthesis: DirectorySynthesis;
  readonly library: Library;
}

async function listConflicts({ output, signal }: Context, target: string, { synthesis, library }: Made): Promise<void> {
  const lines: string[] = [];
  for await (const place of synthesis.conflicts()) {
    if (target === "-") await output.line(canonicalLine(place));
    else lines.push(`${canonicalLine(place)}\n`);
  }
  if (target !== "-") await library.publish(target, () => lines, { signal });
}

interface Decided {
  /** Of the document that there would be. */
  readonly hash: string | undefined;
  readonly published: boolean;
  /** The published document is this one. */
  readonly isCurrent: boolean;
}

/** Publishes, or looks at what is published. */
async function decide(context: Context, flags: Flags, { synthesis, library }: Made): Promise<Decided> {
  const { signal, output } = context;
  const { outputPath, check, diff, json } = flags;
  if (outputPath === undefined || flags.explain !== undefined) return { hash: undefined, published: false, isCurrent: true };
  refuseUnfit(flags, synthesis);
  const pieces = () => synthesis.pieces();
  if (!check && !diff) return { ...(await library.publish(outputPath, pieces, { signal })), isCurrent: true };
  const { hash, same } = await library.compareWithPublished(outputPath, pieces, { signal });
  if (diff && !same) {
    const found = library.differences(await library.readPublished(outputPath), synthesis.state);
    const lines = json ? found.listed.map((each) => canonicalLine({ difference: each })) : library.differenceLines(found).map(printable);
    for (const line of lines) await output.line(line);
  }
  return { hash, published: false, isCurrent: same };
}

/** What must not be published. */
function refuseUnfit({ lenient, inputDir }: Flags, { refused, fragments, contested, violations }: DirectorySynthesis): void {
  if (refused.length > 0 && !lenient)
    throw new SinterError(
      "invalid-fragments",
      `${countText(refused.length, "fragment")} refused, and nothing published`,
      "Mend them, or go on without them: --lenient.",
    );
  if (fragments === 0)
    throw new SinterError(
      "not-found",
      `there is no fragment in ${printable(inputDir)}`,
      "Name a folder with .json, .yaml, .toml, .ndjson, .csv files.",
    );
  if (contested.stopped > 0)
    throw new SinterError(
      "conflict",
      `${countText(contested.stopped, "conflict")} where the strategy is error, first at ${printable(contested.first[0] ?? "")}; nothing published`,
      "See who says what with --explain.",
    );
  const [violation] = violations;
  if (violation !== undefined)
    throw new SinterError(
      "invalid-fragments",
      `the document does not fit the schema at ${violation.pointer === "" ? "its top" : printable(violation.pointer)}: expected ${violation.expected}, found ${violation.found}`,
      "See who says what with --explain, and mend it.",
    );
}

interface Result {
  readonly synthesis: DirectorySynthesis;
  readonly hash: string | undefined;
  readonly published: boolean;
}

async function report({ output, progress }: Context, flags: Flags, { synthesis, hash, published }: Result): Promise<void> {
  const { fragments, refused, contested } = synthesis;
  if (flags.json)
    return output.line(canonicalLine({ fragments, refused: refused.length, conflicts: contested.count, hash: hash ?? null, published }));
  if (flags.explain !== undefined || flags.conflicts === "-") return;
  const unresolved = contested.unresolved === 0 ? "" : ` (${contested.unresolved.toLocaleString("en-US")} unresolved)`;
  const counts = [
    countText(fragments, "fragment"),
    ...(refused.length === 0 ? [] : [`${refused.length.toLocaleString("en-US")} refused`]),
    `${countText(contested.count, "conflict")}${unresolved}`,
  ];
  const what =
    flags.outputPath === undefined
      ? ""
      : `: ${flags.outputPath} ${flags.check || flags.diff ? "compared" : published ? "published" : "unchanged"}, ${hash}`;
  await output.line(printable(`${counts.join(", ")}${what}`));
  const [first] = contested.first;
  if (first !== undefined)
    progress.remark(`see who says what with --conflicts FILE, or --explain ${printable(first === "" ? '""' : first)}`);
}

/** Again and again: what goes wrong is told, and may be mended while it goes on. */
async function watch(context: Context, flags: Flags, library: Library): Promise<0> {
  const { progress, signal } = context;
  const { inputDir, schema, strategies, proto } = flags;
  const rules = [schema, strategies, proto].filter((path) => path !== undefined);
  const changes = library.directoryChanges(inputDir, rules, signal);
  progress.remark(`watching ${inputDir}; Ctrl-C ends`);
  for await (const _change of changes) {
    try {
      await once(context, flags, library);
      await context.output.flush();
    } catch (error) {
      if (signal.aborted || !(error instanceof SinterError)) throw error;
      progress.notice(failureLine(error));
    }
  }
  return 0;
}
