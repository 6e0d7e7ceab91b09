import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type DirectoryOptions, type DirectorySynthesis, synthesizeDirectory } from "./synthesize-directory.js";

/** A folder that is gone when the test is over. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "synthesis-"));

  constructor() {
    onTestFinished(() => rmSync(this.path, { recursive: true }));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  put(name: string, content: unknown): this {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    return this;
  }

  remove(name: string): void {
    rmSync(this.at(name));
  }

  synthesize(options: Partial<DirectoryOptions> = {}): Promise<DirectorySynthesis> {
    return synthesizeDirectory({ inputDir: this.at("in"), checkLaws: async () => {}, jobs: 1, ...options });
  }
}

export function textOf(synthesis: DirectorySynthesis): string {
  return Buffer.concat(synthesis.pieces()).toString();
}
