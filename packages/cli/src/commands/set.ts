import { type Registry, refuseBroken } from "./context.js";
import { change, partOf, type WriteFlags, withPartFlags, withTypeFlag } from "./subject-flags.js";

export function addSet({ program, context, chosen }: Registry): void {
  withPartFlags(withTypeFlag(program.command("set")))
    .summary("set a register, a field, a key or a flag")
    .description(
      "Writes a value: of a register, of a record's field, under a map's key; a flag is set to true or false. What a type of JSON holds " +
        "is read as JSON where it is JSON, and is text otherwise; a type of text holds it as it stands. Returns once it is durable. " +
        "A subject that is new needs --type, and where there is no store yet that makes one.",
    )
    .argument("<path>", "for example team/title")
    .argument("<value>", "for example 'Dark mode', 7 or '{\"a\":1}'; behind -- if it begins with a hyphen")
    .addHelpText(
      "after",
      `
Examples:
  sinter set team/title 'Dark mode' --type 'register(text)'
  sinter set team/issue --field title 'Dark mode' --type 'record({title:register(text),votes:pn-counter})'
  sinter set team/settings --key theme dark --type lww-map`,
    )
    .action((path: string, value: string, flags: WriteFlags) =>
      chosen(() => {
        refuseBroken("VALUE", value, "Give it in UTF-8.");
        return change(context, path, { name: "set", ...partOf(flags), given: [value] }, flags);
      }),
    );
}
