import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { type SimRecord, simReport, simTables, summaryText } from "@sinter/simulator";

// What a run leaves: tables, a summary, a page to look at.

export const summaryName = "summary.txt";
export const roundsName = "sync_rounds.csv";

/** Each file is whole or as it was. */
export async function writeRun(dir: string, record: SimRecord): Promise<void> {
  const files = { ...simTables(record), [summaryName]: summaryText(record), "report.html": simReport(record) };
  await whole(dir, async () => {
    await mkdir(dir, { recursive: true });
    for (const [name, text] of Object.entries(files)) await replaceFile(join(dir, name), text);
  });
}

export async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

/** Before a run that takes its time: what could not be written then is said now. */
export async function checkFolder(dir: string): Promise<void> {
  await whole(dir, async () => {
    await mkdir(dir, { recursive: true });
    const trial = join(dir, `.${process.pid}.new`);
    await writeFile(trial, "");
    await rm(trial);
  });
}

async function whole(dir: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code = "unknown", message } = error as NodeJS.ErrnoException;
    throw new SinterError("usage", `${dir} cannot be written to (${code}: ${message})`, "Name another folder with --out DIR.", {
      cause: error,
    });
  }
}
