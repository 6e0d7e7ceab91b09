import { usage } from "../terminal/failure.js";
import { type Registry, refuseBroken } from "./context.js";
import { change, partOf, type WriteFlags, withPartFlags, withTypeFlag } from "./subject-flags.js";

export function addRemove({ program, context, chosen }: Registry): void {
  withPartFlags(withTypeFlag(program.command("remove")))
    .summary("remove an element from a set, or a key from a map")
    .description(
      "Removes an element from a set; or, with --key and without ELEMENT, what a map has under that key. What others write at once " +
        "with it, and did not know of it, stays or goes as the type says. Returns once it is durable.",
    )
    .argument("<path>", "for example team/tags")
    .argument("[element]", "for example ui; JSON in a set of JSON, text in a set of text")
    .addHelpText("after", "\nExamples:\n  sinter remove team/tags ui\n  sinter remove team/settings --key theme")
    .action((path: string, element: string | undefined, flags: WriteFlags) =>
      chosen(() => {
        if (element === undefined && flags.key === undefined)
          throw usage("nothing is named to remove", "Give an element of a set, or --key KEY of a map.");
        if (element !== undefined) refuseBroken("VALUE", element, "Give it in UTF-8.");
        const call = element === undefined ? { name: "delete", given: [] } : { name: "remove", given: [element] };
        return change(context, path, { ...call, ...partOf(flags) }, flags);
      }),
    );
}
