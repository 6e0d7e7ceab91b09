import { SinterError } from "@sinter/core";

export type ExitCode = 0 | 1 | 2;

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof SinterError && (error.code === "usage" || error.code === "invalid-path") ? 2 : 1;
}

/** One line that says what is wrong and what to do. */
export function failureLine(error: unknown): string {
  if (error instanceof SinterError) return `sinter: ${sentence(error.message)} ${sentence(error.fix)}`;
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) };
  if (code !== undefined && message.startsWith(code))
    return `sinter: ${sentence(message)} See that the path is right and may be used by you.`;
  return `sinter: something unforeseen: ${sentence(message)} Please report it with the command you gave.`;
}

export function usage(message: string, fix: string): SinterError {
  return new SinterError("usage", message, fix);
}

function sentence(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return /[.!?]$/.test(flat) ? flat : `${flat}.`;
}
