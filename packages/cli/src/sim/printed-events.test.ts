import { expect, test } from "vitest";
import { MemorySink } from "../harness.suite.js";
import { printedWaitingLinesMax } from "../limits.js";
import { Output } from "../terminal/output.js";
import { defaultTypes, EventPrinter, eventTypes, printedEvent } from "./printed-events.js";

test("lines of a trace are events by the names that are known", () => {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["3.1 1 sent 0 control open 39 session=7 #0123abcd", "send_root"],
    ["3.1 1 got 0 control open 39 session=7 #0123abcd", "other"],
    ["3.1 0 sent 1 control tell 124 session=7 round=2 #0123abcd", "descent"],
    ["3.1 1 sent 0 control want 87 stream=8 from=1 #0123abcd", "send_req"],
    ["3.1 0 sent 1 bulk chunk 414 stream=8 seq=0 position=last carries=389 ends=2 #0123abcd", "send_delta_chunk"],
    ["3.1 1 got 0 bulk chunk 414 stream=8 seq=0 position=last carries=389 #0123abcd", "recv_delta_chunk"],
    ["3.1 0 got 1 control ack 7 stream=8 seq=1 window=1 #0123abcd", "ack"],
    ["3.1 1 got 0 control opened 7 session=9 answer=same #0123abcd", "sync"],
    ["3.1 1 got 0 control opened 30 session=9 answer=digest #0123abcd", "other"],
    ["3.1 1 got 0 control settled 6 session=9 missing=0 #0123abcd", "sync"],
    ["3.1 1 got 0 control settled 6 session=9 missing=10 #0123abcd", "other"],
    ["3.1 1 sent 0 control ping 5 number=3 #0123abcd", "health"],
    ["3.1 root 1 0123456789abcdef", "applied_delta"],
    ["3.1 fault loss 3", "warn"],
    ["3.1 violation at the end there are 2 roots", "warn"],
    ["3.1 wrote 2 A", "put"],
    ["3.1 link 0 1 opened", "conn_change"],
    ["3.1 sample 01,02 1,2", undefined],
    ['0 settings {"peers":3}', undefined],
    ["3.1 stopped", undefined],
    ["3.1 ended", undefined],
  ];
  for (const [line, type] of lines) expect([line, printedEvent(line)?.type]).toEqual([line, type]);
  expect([...new Set(lines.map(([, type]) => type))].filter((type) => type !== undefined).sort()).toEqual([...eventTypes].sort());
  expect(defaultTypes).toHaveLength(9);
});

test("a line says when, who, what and to whom", () => {
  expect(printedEvent("12345.678 11 sent 3 bulk chunk 414 stream=8 seq=0 #0123abcd")?.text).toBe(
    "   12.346s N11 send_delta_chunk → N03 chunk 414 bytes stream=8 seq=0",
  );
  expect(printedEvent("3.1 link 0 1 closed")?.text).toBe("    0.003s N00 conn_change      closed N01");
});

test("a printer prints what it was told to, and says what kept it from that", async () => {
  const sink = new MemorySink();
  const printer = new EventPrinter(new Output(sink), { types: new Set(["put"]), behind: "waits" });
  for (const line of ["1 wrote 2 A", "1 link 0 1 opened", "2 wrote 0 B"]) printer.line(line);
  await printer.caughtUp();
  await expect.poll(() => sink.lines).toHaveLength(2);
  const full = new MemorySink();
  full.mode = "full";
  const output = new Output(full);
  const stuck = new EventPrinter(output, { types: new Set(["put"]), behind: "waits" });
  stuck.line("1 wrote 2 A");
  await expect.poll(() => output.gone.aborted).toBe(true);
  stuck.line("2 wrote 2 A");
  await expect(stuck.caughtUp()).rejects.toMatchObject({ code: "disk-full" });
});

test.each([
  ["waits", 0],
  ["leaves out", 1],
] as const)("with a reader that takes nothing a printer that %s keeps so many lines", async (behind, notices) => {
  const sink = new MemorySink();
  sink.write = (chunk) => {
    sink.text += chunk;
    return sink.mode === "taking";
  };
  sink.mode = "slow";
  const printer = new EventPrinter(new Output(sink), { types: new Set(["put"]), behind });
  const many = 2 * printedWaitingLinesMax + 5_000;
  for (let at = 0; at < many; at++) printer.line(`${at} wrote 2 A`);
  sink.mode = "taking";
  sink.emit("drain");
  await printer.caughtUp();
  const told = () => sink.lines.filter((line) => line.includes("left out"));
  await expect.poll(() => told()).toHaveLength(notices);
  const leftOut = Number(/^([\d,]+) lines left out/.exec(told()[0] ?? "0 lines left out")?.[1]?.replaceAll(",", ""));
  expect(leftOut > printedWaitingLinesMax).toBe(notices === 1);
  await expect.poll(() => sink.lines.length).toBe(many - leftOut + notices);
});
