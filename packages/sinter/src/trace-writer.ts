import { SinterError, type TraceLine, toHex, traceBytesMax, traceCharsMax, traceDepthMax, traceItemsMax } from "@sinter/core";

// SINTER_TRACE: what the driver does, step by step, for who looks for a fault. `on` is a line a step; `trace` also shows
// what the input and the effects hold, cut short.

export type TraceLevel = "on" | "trace";

/** What `open` traces with where its caller gave nothing: nothing, unless the environment asks for it. */
export function traceOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  write: (text: string) => void = (text) => void process.stderr.write(text),
): ((line: TraceLine) => void) | undefined {
  const level = environment["SINTER_TRACE"] ?? "";
  if (level === "" || level === "off") return undefined;
  if (level === "on" || level === "trace") return traceWriter(level, write);
  throw new SinterError("usage", `SINTER_TRACE is ${JSON.stringify(level)}`, "Set it to on or trace, or leave it out.");
}

export function traceWriter(level: TraceLevel, write: (text: string) => void): (line: TraceLine) => void {
  return ({ at, turn, protocol, input, effects }) => {
    const step = `${at.toFixed(3)} ms  turn ${turn}  ${protocol}  ${kindOf(input)} -> ${kindsOf(effects)}\n`;
    write(
      level === "on" ? step : `${step}${contents("input", input)}${effects.slice(0, traceItemsMax).map(effect).join("")}${more(effects)}`,
    );
  };
}

const effect = (each: unknown): string => contents("effect", each);
const contents = (name: string, value: unknown): string => `    ${name} ${JSON.stringify(shown(value, 0))}\n`;
const more = ({ length }: readonly unknown[]): string => (length > traceItemsMax ? `    and ${length - traceItemsMax} effects more\n` : "");

function kindOf(value: unknown): string {
  return String((value as { readonly kind?: unknown } | undefined)?.kind ?? "?");
}

/** `write*3 notify`: a run of one kind is told once. */
function kindsOf(effects: readonly unknown[]): string {
  const runs: { readonly kind: string; length: number }[] = [];
  for (const kind of effects.map(kindOf)) {
    const last = runs.at(-1);
    if (last?.kind === kind) last.length += 1;
    else runs.push({ kind, length: 1 });
  }
  return runs.map(({ kind, length }) => (length === 1 ? kind : `${kind}*${length}`)).join(" ") || "nothing";
}

/** The value as JSON can say it: bytes in hexadecimal, and what is long or deep by its beginning. */
function shown(value: unknown, depth: number): unknown {
  if (typeof value === "string")
    return value.length > traceCharsMax ? `${value.slice(0, traceCharsMax)}… (${value.length} characters)` : value;
  if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return hexOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (depth >= traceDepthMax) return "…";
  if (Array.isArray(value)) {
    const items = value.slice(0, traceItemsMax).map((item) => shown(item, depth + 1));
    return value.length > traceItemsMax ? [...items, `… ${value.length - traceItemsMax} more`] : items;
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shown(field, depth + 1)]));
}

function hexOf(bytes: Uint8Array): string {
  return bytes.length > traceBytesMax ? `${toHex(bytes.subarray(0, traceBytesMax))}… (${bytes.length} bytes)` : toHex(bytes);
}
