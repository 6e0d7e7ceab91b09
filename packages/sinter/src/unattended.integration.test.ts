import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const BUILT = pathToFileURL(join(import.meta.dirname, "../dist/index.js")).href;

test("a program that waits for nothing but its peer is not ended before the peer has answered", () => {
  const dir = mkdtempSync(join(tmpdir(), "sinter-unattended-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  // More subjects than the frontier takes in at once: it goes on by a timer, and nothing else keeps the process.
  const program = `
    import { open } from ${JSON.stringify(BUILT)};
    const peer = await open({ dir: ${JSON.stringify(dir)}, control: "none" });
    await Promise.all(Array.from({ length: 200 }, (_, index) => peer.append("many/subjects/" + index, [{ payload: new Uint8Array(1) }])));
    const { subjects } = await peer.status();
    await peer.close();
    console.log(subjects.length);`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  expect(run.stdout).toBe("200\n");
  expect(run.status).toBe(0);
});
