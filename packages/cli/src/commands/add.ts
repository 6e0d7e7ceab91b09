import { type Registry, refuseBroken } from "./context.js";
import { change, partOf, type WriteFlags, withPartFlags, withTypeFlag } from "./subject-flags.js";

export function addAdd({ program, context, chosen }: Registry): void {
  withPartFlags(withTypeFlag(program.command("add")))
    .summary("add an element to a set")
    .description(
      "Adds an element to a set, or a number to a maximum or minimum. Returns once it is durable. A subject that is new needs --type, " +
        "and where there is no store yet that makes one.",
    )
    .argument("<path>", "for example team/tags")
    .argument("<element>", "for example ui; JSON in a set of JSON, text in a set of text")
    .addHelpText("after", "\nExamples:\n  sinter add team/tags ui --type 'or-set(text)'\n  sinter add team/issue --field tags ui")
    .action((path: string, element: string, flags: WriteFlags) =>
      chosen(() => {
        refuseBroken("VALUE", element, "Give it in UTF-8.");
        return change(context, path, { name: "add", ...partOf(flags), given: [element] }, flags);
      }),
    );
}
