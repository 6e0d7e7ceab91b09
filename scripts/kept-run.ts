// What is kept of a seed that fails: a folder of its own, with the whole trace, what happened where as a text, and how to run it again.
import { once } from "node:events";
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { spaceTime } from "@sinter/simulator";

export interface KeptRun {
  readonly folder: string;
  /** A command, and what else is to be known of it. */
  readonly again: readonly string[];
  /** Runs it once more, and hands each line of its trace on; answers what failed. */
  readonly run: (sink: (line: string) => void) => Promise<readonly string[]>;
}

/** Lines of which a picture is made: the last ones. */
const DRAWN_LINES = 100_000;
/** Of a line: what it begins with says what happened. */
const DRAWN_CHARS = 400;

export async function keepRun({ folder, again, run }: KeptRun): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = createWriteStream(`${folder}/trace`);
  let drawn: string[] = [];
  const boots: string[] = [];
  const problems = await run((line) => {
    file.write(`${line}\n`);
    // Names are said once, at the very beginning.
    if (/ boot 1 as /.test(line)) boots.push(line);
    drawn.push(line.slice(0, DRAWN_CHARS));
    if (drawn.length > 2 * DRAWN_LINES) drawn = drawn.slice(-DRAWN_LINES);
  });
  file.end();
  await once(file, "finish");
  const isCut = boots.length > 0 && !drawn.includes(boots[0] as string);
  writeFileSync(`${folder}/space-time.txt`, spaceTime(isCut ? [...boots, ...drawn] : drawn));
  writeFileSync(`${folder}/again.txt`, `${[...again, "", ...problems].join("\n")}\n`);
}
