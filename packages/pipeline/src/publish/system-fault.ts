import { SinterError } from "@sinter/core";

// What the system says no to, as something to act on.

export interface Place {
  readonly path: string;
  readonly dir: string;
}

/** Calls what fails by the document's place, whatever file it was that failed. */
export async function atPlace<T>({ path, dir }: Place, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw told(error, { path, dir });
  }
}

function told(error: unknown, { path, dir }: Place): unknown {
  if (error instanceof SinterError || !(error instanceof Error)) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const of = (kind: SinterError["code"], what: string, fix: string) => new SinterError(kind, `${what} (${code})`, fix, { cause: error });
  if (/^(ENOSPC|EDQUOT|EFBIG)$/.test(code))
    return of("disk-full", `there is no room for ${path}`, "Free some space, or name a file on another disk.");
  if (/^(EACCES|EPERM|EROFS)$/.test(code))
    return of(
      "permission",
      `${path} may not be read or replaced by you`,
      `See that you may read it and write in ${dir}, or name another file.`,
    );
  if (/^(ENOENT|ENOTDIR)$/.test(code)) return of("not-found", `${dir} is no directory`, "Make it first, or name another place.");
  if (/^(EISDIR|ENOTEMPTY|EEXIST)$/.test(code)) return of("exists", `${path} is a directory`, "Name a file for the document.");
  if (/^(ENAMETOOLONG|ELOOP)$/.test(code)) return of("usage", `${path} cannot be the name of a file`, "Name another file.");
  // What is no word of the system's came from whoever makes the document.
  return !/^E[A-Z0-9]+$/.test(code)
    ? error
    : of("internal", `${path} cannot be read or written: ${error.message}`, "See whether the disk is sound.");
}
