import { LiveReader } from "./live-reader.js";
import { SimulatorReader } from "./simulator-reader.js";
import type { TraceReader } from "./trace-entry.js";
import { WireReader } from "./wire-reader.js";

/** Which of the three a trace is, as its first line says. */
export function readerFor(firstLine: string): TraceReader | undefined {
  const all = [new LiveReader(), new WireReader(), new SimulatorReader()];
  return all.find((reader) => {
    const entry = reader.read(firstLine);
    return entry !== "none" && entry !== "more";
  });
}
