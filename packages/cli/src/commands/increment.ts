import { usage } from "../terminal/failure.js";
import type { Registry } from "./context.js";
import { change, partOf, type WriteFlags, withPartFlags, withTypeFlag } from "./subject-flags.js";

interface IncrementFlags extends WriteFlags {
  readonly by?: string;
}

export function addIncrement({ program, context, chosen }: Registry): void {
  withPartFlags(withTypeFlag(program.command("increment")))
    .summary("count up, or down")
    .description(
      "Counts by N, or by 1: of counters and of fields and keys that are one. By less than zero it counts down. Returns once it is " +
        "durable. A subject that is new needs --type, and where there is no store yet that makes one.",
    )
    .argument("<path>", "for example team/votes")
    .argument("[n]", "by how much: a whole number")
    .option("--by <n>", "the same, and may be below zero: --by -2")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter increment team/votes --type pn-counter\n  sinter increment team/votes 5\n  sinter increment team/votes --by -2",
    )
    .action((path: string, n: string | undefined, flags: IncrementFlags) =>
      chosen(() => {
        if (n !== undefined && flags.by !== undefined) throw usage(`two amounts are named, ${n} and ${flags.by}`, "Name one.");
        return change(context, path, { ...amountOf(n ?? flags.by ?? "1"), ...partOf(flags) }, flags);
      }),
    );
}

function amountOf(text: string): { readonly name: string; readonly given: readonly string[] } {
  const [, sign, digits] = /^([+-]?)0*(\d{1,30})$/.exec(text) ?? [];
  if (digits === undefined || digits === "0")
    throw usage(`${text} is no amount`, "Give a whole number other than 0, such as 5, or --by -2 to count down.");
  return { name: sign === "-" ? "decrement" : "increment", given: [digits] };
}
