// `mix-master --mode synthesize --input-dir …` is `sinter synthesize --input-dir …`: the mode is the command.

/** Where no mode is given, as it is: `mix-master synthesize …`, `mix-master --help`. */
export function modeArguments(given: readonly string[]): string[] {
  const at = given.findIndex((each) => each === "--mode" || each.startsWith("--mode="));
  if (at < 0) return [...given];
  const written = given[at] as string;
  const [mode, behind] = written === "--mode" ? [given[at + 1] ?? "", at + 2] : [written.slice("--mode=".length), at + 1];
  // Whatever is not a mode is not a command either, and told of as one.
  return [mode, ...given.slice(0, at), ...given.slice(behind)];
}
