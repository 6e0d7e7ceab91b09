import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { controlPathBytesMax, SinterError } from "@sinter/core";

// Where a store's control socket lies: in the store, or, where that path is too long for a socket, in a fresh directory
// of ours for temporary files, named by a file in the store. Both can be reached by the owner alone.

const socketName = "control.sock";
const recordName = "control.path";

const fits = (path: string) => Buffer.byteLength(path) <= controlPathBytesMax;

function inStore(dir: string): string {
  return resolve(dir, socketName);
}

/** A free path for the socket of a store that the caller holds: whatever lies there was left by a holder that died. */
export async function claimSocketPath(dir: string): Promise<string> {
  await releaseSocketPath(dir);
  const near = inStore(dir);
  if (fits(near)) return near;
  const far = join(await mkdtemp(join(tmpdir(), "sinter-")), socketName);
  if (!fits(far)) {
    await rm(dirname(far), { recursive: true, force: true });
    throw new SinterError(
      "usage",
      `no path for a control socket is short enough (${far})`,
      "Set TMPDIR to a directory with a shorter path.",
    );
  }
  await writeFile(resolve(dir, recordName), far, { mode: 0o600 });
  return far;
}

export async function releaseSocketPath(dir: string): Promise<void> {
  const far = await recorded(dir);
  await rm(inStore(dir), { force: true });
  await rm(resolve(dir, recordName), { force: true });
  // Only a directory of the name we give is ours to remove.
  if (far !== undefined && dirname(far).startsWith(join(tmpdir(), "sinter-"))) {
    await rm(far, { force: true });
    await rm(dirname(far), { recursive: true, force: true });
  }
}

/** Where a holder's socket is, if there is one. */
export async function findSocketPath(dir: string): Promise<string> {
  return (await recorded(dir)) ?? inStore(dir);
}

async function recorded(dir: string): Promise<string | undefined> {
  try {
    const path = await readFile(resolve(dir, recordName), "utf8");
    return path.endsWith(`/${socketName}`) ? path : undefined;
  } catch {
    // No record, or none that can be read: then the socket is in the store, or there is none.
    return undefined;
  }
}
