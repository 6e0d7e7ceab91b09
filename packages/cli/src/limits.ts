// The command's own bounds; the unit is the last word of the name.

/** Of a trace: what is longer is none. */
export const traceLineBytesMax = 64 * 1024 * 1024;
/** Kinds, peers and links of a trace that are told apart. */
export const traceNamesMax = 10_000;
/** What went wrong in a trace, shown with the line that says so. */
export const traceErrorsMax = 10;
/** Lines that a diagram is made of: the last ones. */
export const traceDiagramLinesMax = 20_000;
/** Lines of `sinter sim --print-events` that wait for a slow reader while the run goes on: what is more is left out and counted. */
export const printedWaitingLinesMax = 10_000;
/** Of a line that is shown as an error. */
export const traceShownCharsMax = 160;
