import { type Command, InvalidArgumentError } from "commander";
import { defaultTypes, eventTypes } from "../sim/printed-events.js";
import { listed, type SimFlags, withSettingFlags } from "../sim/sim-flags.js";
import { usage } from "../terminal/failure.js";
import { countText } from "../terminal/render.js";
import { type Registry, wholeNumber } from "./context.js";

interface CompareFlags {
  readonly report?: string;
}

const seedMost = 999_999_999_999_999;
const lastPort = 65_535;
const largest = 999_999_999;
const seedsMost = 1_000_000;

export function addSim(registry: Registry): void {
  const { program, context, chosen } = registry;
  const command = program
    .command("sim")
    .summary("run peers against each other and see them converge")
    .description(
      "Runs peers that write and sync, in virtual time with --virtual (a seed makes the same run again, whatever it takes) or on real " +
        "sockets of this machine, in the weather the flags make. Leaves tables, a summary and report.html in the folder --out. Exits 1 " +
        "if they did not converge, or if anything was seen that no run may show.",
    )
    .option("--virtual", "in virtual time, on a virtual network")
    .option("--seed <n>", "of all that is left to chance (default: 1)", wholeNumber(0, seedMost))
    .option("--seeds <range>", "several runs, such as 1..20, each in a folder of its own", seedRange)
    .option("--shrink", "make a run that fails smaller, and say the command that still fails; with --virtual")
    .option("--base-port <n>", "of the first peer; the others have those behind it (default: any that are free)", wholeNumber(0, lastPort));
  withSettingFlags(command, wholeNumber(0, largest))
    .option("--out <dir>", "where tables, summary and report go (default: ./out)")
    .option("--print-events", "print what happens while it happens")
    .option("--types <list>", `of these kinds: ${eventTypes.join()}, or all (default: ${defaultTypes.join()})`, listed)
    .option("--trace <file>", "write every frame down, a line each: see sinter trace")
    .option("--json", "one JSON object a seed, for programs")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter sim --virtual --seed 7 --nodes 10 --loss 0.1 --jitter 20ms --out ./out\n" +
        "  sinter sim --nodes 5 --duration 30s\n  sinter sim compare ./out ./other --out combined.csv --report combined.html",
    )
    .action((flags: SimFlags) =>
      chosen(async () => {
        // Loaded when it is asked for: other commands start without the simulator.
        const { runSeeds } = await import("../sim/run-seeds.js");
        return await runSeeds(context, flags);
      }),
    );
  addCompare(command, registry);
}

function addCompare(command: Command, { context, chosen }: Registry): void {
  command
    .command("compare")
    .summary("put several runs side by side")
    .description("Reads the summaries and rounds that runs have left in their folders, and makes one table of them, and plots.")
    .argument("<runs...>", "folders of runs")
    .option("--out <file>", "the table, as CSV")
    .option("--report <file>", "a page with plots")
    .addHelpText("after", "\nExample:\n  sinter sim compare ./out/seed-1 ./out/seed-2 --out combined.csv --report combined.html")
    .action((runs: readonly string[], { report }: CompareFlags) =>
      chosen(async () => {
        // The command above has a flag of that name, and takes it first.
        const { out } = command.opts<SimFlags>();
        if (out === undefined) throw usage("it is not said which file the table is", "Name it with --out FILE.");
        const { compareRuns } = await import("../sim/compare.js");
        await compareRuns(runs, { out, report });
        await context.output.line(`${countText(runs.length, "run")} in ${out}${report === undefined ? "" : ` and ${report}`}`);
        return 0;
      }),
    );
}

function seedRange(text: string): readonly [number, number] {
  const [, from = "", to = ""] = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from !== "" && first <= last && last - first < seedsMost) return [first, last];
  throw new InvalidArgumentError(`Seeds from A to B are expected as A..B, such as 1..20, and no more than ${seedsMost} of them.`);
}
