import type { ChangeReport, Json, OperationReport, Quarantined, SubjectProgress } from "@sinter/core";
import { printable, quoted, shortId, timeText } from "./render.js";

// What a person is shown of subjects and tables: values, who wrote them and when, and what to type to have that proven.

/** On one line: text as it is, everything else as JSON. */
export function valueText(value: Json): string {
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}

/** One element or one key a line; what has neither is one line. */
export function valueLines(value: Json): string[] {
  if (Array.isArray(value)) return value.length === 0 ? ["(empty)"] : value.map(valueText);
  if (typeof value !== "object") return [valueText(value)];
  const entries = value === null ? [] : Object.entries(value as { readonly [key: string]: Json });
  if (entries.length === 0) return [value === null ? "(nothing)" : "(empty)"];
  return entries.map(([key, each]) => `${printable(key)}  ${valueText(each)}`);
}

/** What stands in the way of the value being all there is; nothing, where nothing does. */
export function progressLine(path: string, progress: SubjectProgress): string | undefined {
  switch (progress.state) {
    case "current":
      return undefined;
    case "folding":
      return `${path} is being folded still: the value is not the last one`;
    case "waiting": {
      const event = `event ${progress.seq} of ${shortId(progress.author)}`;
      const why =
        progress.why === "future"
          ? "is from the future: it counts when its time by this machine's clock has come"
          : `is here without what it says: see sinter wanted ${quoted(path)}`;
      return `waiting: ${event} in ${printable(path)} ${why}; what its author wrote behind it waits too`;
    }
    case "stuck":
      return `${printable(path)} cannot be folded: ${printable(progress.reason)}`;
  }
}

export function quarantinedLine(path: string, { author, epoch, seq, reason }: Quarantined): string {
  return `passed over: event ${seq} of ${shortId(author)}${epoch === 0 ? "" : `/${epoch}`} in ${printable(path)}: ${printable(reason)}`;
}

type Place = Pick<OperationReport, "author" | "epoch" | "seq" | "stamp">;

function placeText({ author, epoch, seq, stamp }: Place): string {
  const writer = epoch === 0 ? shortId(author) : `${shortId(author)}/${epoch}`;
  return `${timeText(stamp[0])}  ${writer}  ${seq}`;
}

/** When, who, and what. */
export function operationLine({ value, path, ...place }: OperationReport): string {
  const where = path === undefined ? "" : `${printable(path.join("/"))}: `;
  return `${placeText(place)}  ${where}${value === undefined ? "(deleted)" : valueText(value)}`;
}

/** When, who, under which keys, and what it all came to. */
export function changeLine({ keys, value, ...place }: ChangeReport): string {
  const told = keys.filter((key) => key !== "").map(printable);
  return [placeText(place), ...(told.length === 0 ? [] : [told.join(", ")]), valueText(value)].join("  ");
}

/** How commands are called here, and on which store. */
export interface Calling {
  readonly command: string;
  readonly data: string | undefined;
}

export function proveCommand(path: string, { author, epoch, nonce, seq }: OperationReport, { command, data }: Calling): string {
  const store = data === undefined ? "" : ` --data ${quoted(data)}`;
  return `${command} prove ${quoted(path)} ${shortId(author)} ${seq} --epoch ${epoch}/${shortId(nonce)}${store}`;
}
