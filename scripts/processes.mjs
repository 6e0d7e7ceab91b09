import { spawn } from "node:child_process";

// Runs programs for the checks: each with a deadline, in a process group of its own, so that nothing outlives a check.

const groups = new Set();

function endGroups() {
  for (const group of groups) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
process.on("exit", endGroups);
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => process.exit(1));

/**
 * @param {string} command run by sh
 * @param {{ cwd: string, env?: Record<string, string>, timeoutMs?: number, until?: RegExp, stopMs?: number }} options
 *   `until`: once the output matches, the program is asked to end (SIGINT), and ending then is success.
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run(command, { cwd, env = {}, timeoutMs = 300_000, until, stopMs = 10_000 }) {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", command], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    groups.add(child.pid);
    let output = "";
    let ending = "running";
    let forced;
    const signal = (name) => {
      try {
        process.kill(-child.pid, name);
      } catch {
        // The group has ended by itself.
      }
    };
    const deadline = setTimeout(() => {
      ending = "late";
      output += `\nstopped after ${timeoutMs} ms\n`;
      signal("SIGKILL");
    }, timeoutMs);
    const take = (chunk) => {
      output += chunk;
      if (until === undefined || ending !== "running" || !until.test(output)) return;
      ending = "asked";
      signal("SIGINT");
      forced = setTimeout(() => {
        ending = "late";
        output += `\ndid not end within ${stopMs} ms of SIGINT\n`;
        signal("SIGKILL");
      }, stopMs);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (code, by) => {
      clearTimeout(deadline);
      clearTimeout(forced);
      signal("SIGKILL");
      groups.delete(child.pid);
      resolve({
        ok: ending === "asked" ? code === 0 || code === 130 || by === "SIGINT" : ending === "running" && code === 0 && until === undefined,
        output,
      });
    });
  });
}

/** Runs it and throws, with its output, where it fails. */
export async function must(command, options) {
  const { ok, output } = await run(command, options);
  if (!ok) throw new Error(`failed in ${options.cwd}: ${command}\n${output}`);
  return output;
}
