import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

// What docs/synthesis.md tells people to type prints what it shows, from the first command to the last, in a folder that looks like a
// checkout of this repository.

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const main = join(root, "packages/cli/dist/main.js");

interface Typed {
  readonly command: string;
  readonly shown: string;
}

function typedIn(page: string): Typed[] {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block as string);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((typed) => ({ command: typed.slice(0, typed.indexOf("\n")), shown: typed.slice(typed.indexOf("\n") + 1) })),
  );
}

let dir: string;

beforeEach(() => {
  if (!existsSync(main)) throw new Error("these tests run the built command: npm run build");
  dir = mkdtempSync(join(tmpdir(), "tutorial-"));
  cpSync(join(root, "docs/synthesis"), join(dir, "docs/synthesis"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  writeFileSync(join(dir, "sinter"), `#!/bin/sh\nSINTER_COMMAND=./sinter exec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
});

afterEach(() => rmSync(dir, { recursive: true }));

test("every command prints what the page shows", () => {
  const typed = typedIn(readFileSync(join(root, "docs/synthesis.md"), "utf8"));
  expect(typed.length).toBe(7);
  for (const { command, shown } of typed) {
    const { stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: dir, encoding: "utf8" });
    expect(stdout + stderr, command).toBe(shown);
  }
});
