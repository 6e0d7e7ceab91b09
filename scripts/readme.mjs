import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./processes.mjs";

// What README.md tells people to type works as it is written: every `sh` block in a fresh clone of HEAD, in order, and
// then every `ts` block. A block that starts a peer is ended with SIGINT once the peer says that it is ready. The test
// command is left out with --without-tests: the gate has run it already.

const ready = /ready|listening|status page|http:\/\/(127\.0\.0\.1|localhost|\[::1\])/i;
const root = fileURLToPath(new URL("..", import.meta.url));
const withoutTests = process.argv.includes("--without-tests");

export function blocksOf(markdown, language) {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1]);
}

// A peer in the background is ended by its block itself.
const staysUp = (block) => /npm start\b|\bsinter up\b[^&\n]*$| -f\b/m.test(block);
const isTests = (block) => /npm (run )?test\b/.test(block);

const place = mkdtempSync(join(tmpdir(), "sinter-readme-"));
const clone = join(place, "sinter");
const readme = readFileSync(join(root, "README.md"), "utf8");
let failed = 0;

async function attempt(what, command, options) {
  const began = performance.now();
  const { ok, output } = await run(command, { cwd: clone, timeoutMs: isTests(command) ? 1_200_000 : 240_000, ...options });
  if (!ok) failed++;
  process.stdout.write(
    `${ok ? "ok" : "FAILED"} (${((performance.now() - began) / 1000).toFixed(1)} s): ${what}\n${ok ? "" : `${output}\n`}`,
  );
}

try {
  await attempt("clone", `git clone --quiet --no-hardlinks ${JSON.stringify(root)} ${JSON.stringify(clone)}`, { cwd: place });
  for (const block of blocksOf(readme, "sh")) {
    if (withoutTests && isTests(block)) continue;
    const what = block.trim().split("\n").join(" ; ");
    await attempt(what, `set -e\n${block}`, staysUp(block) ? { until: ready } : {});
  }
  for (const [index, block] of blocksOf(readme, "ts").entries()) {
    const file = `readme-${index}.ts`;
    writeFileSync(join(clone, file), block);
    await attempt(`the code of block ${index + 1}`, `node scripts/run.mjs ${file}`);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
process.stdout.write(failed === 0 ? "README.md works as written\n" : `${failed} blocks of README.md do not work\n`);
process.exit(failed === 0 ? 0 : 1);
