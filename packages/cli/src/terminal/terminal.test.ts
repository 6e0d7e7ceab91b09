import { SinterError } from "@sinter/core";
import { expect, test } from "vitest";
import { MemorySink, MemorySource } from "../harness.suite.js";
import { eventLines } from "./event-lines.js";
import { exitCodeOf, failureLine, usage } from "./failure.js";
import { aborted, interrupted, untilInterrupted } from "./interruption.js";
import { Output, Progress } from "./output.js";
import { countText, eventLine, parseStamp, printable } from "./render.js";

test("lines that come in one turn leave in one write", async () => {
  const sink = new MemorySink();
  const writes: string[] = [];
  const write = sink.write.bind(sink);
  sink.write = (chunk, left) => {
    if (chunk !== "") writes.push(String(chunk));
    return write(chunk, left);
  };
  const output = new Output(sink);
  for (const line of ["a", "b", "c"]) await output.line(line);
  await output.flush();
  expect(writes).toEqual(["a\nb\nc\n"]);
});

test("a slow reader holds the writer back", async () => {
  const sink = new MemorySink();
  sink.write = (chunk) => {
    sink.text += chunk;
    return false;
  };
  const output = new Output(sink);
  let done = false;
  const writing = output.line("x".repeat(100_000)).then(() => (done = true));
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect([done, sink.text.length]).toEqual([false, 100_001]);
  sink.emit("drain");
  await writing;
  expect(done).toBe(true);
});

test("progress is for terminals, on one line that is wiped", () => {
  const pipe = new MemorySink();
  new Progress(pipe).show("1 of 2");
  new Progress(pipe).remark("hello");
  expect(pipe.text).toBe("");
  const terminal = new MemorySink();
  terminal.isTTY = true;
  const progress = new Progress(terminal);
  progress.show("10 of 20");
  progress.show("done");
  progress.clear();
  progress.clear();
  expect(terminal.text).toBe("\r10 of 20\rdone    \r    \r");
});

test("failures are one line and their exit codes tell wrong usage from failure", () => {
  const full = new SinterError("disk-full", "the disk\nis full", "make room");
  expect([failureLine(full), exitCodeOf(full)]).toEqual(["sinter: the disk is full. make room.", 1]);
  const denied = Object.assign(new Error("EACCES: permission denied, open 'x'"), { code: "EACCES" });
  expect(failureLine(denied)).toBe("sinter: EACCES: permission denied, open 'x'. See that the path is right and may be used by you.");
  expect([failureLine("odd"), exitCodeOf("odd")]).toEqual([
    "sinter: something unforeseen: odd. Please report it with the command you gave.",
    1,
  ]);
  expect([exitCodeOf(usage("a", "b")), exitCodeOf(new SinterError("invalid-path", "a", "b"))]).toEqual([2, 2]);
});

test("an interruption is a good end, another failure is not, nor is one nobody asked for", async () => {
  const stop = new AbortController();
  await expect(untilInterrupted(stop.signal, Promise.reject(interrupted()))).rejects.toThrow("interrupted");
  stop.abort();
  await aborted(stop.signal);
  await untilInterrupted(stop.signal, Promise.reject(interrupted()));
  await expect(untilInterrupted(stop.signal, Promise.reject(new Error("other")))).rejects.toThrow("other");
});

test("times are ISO, in UTC where no zone is given, or stamps", () => {
  const times: [string, readonly [number, number]][] = [
    ["2026-03-01", [1_772_323_200_000, 0]],
    ["2026-03-01T12:00", [1_772_366_400_000, 0]],
    ["2026-03-01T12:00:00.5Z", [1_772_366_400_500, 0]],
    ["2026-03-01T13:00:00+01:00", [1_772_366_400_000, 0]],
    ["1772366400000", [1_772_366_400_000, 0]],
    ["1772366400000.7", [1_772_366_400_000, 7]],
    ["[1772366400000,65535]", [1_772_366_400_000, 65_535]],
  ];
  for (const [text, stamp] of times) expect(parseStamp("--from", text)).toEqual(stamp);
  for (const text of ["", "noon", "2026-02-30", "2026-02-30T10:00Z", "2026-02-30T25:00", "1.70000", "999999999999999", "-1", "1e5"]) {
    expect(() => parseStamp("--from", text)).toThrow("is no time");
  }
});

test("the epoch is shown where it is not the first", () => {
  const event = {
    author: "a".repeat(64),
    nonce: "0",
    seq: 3,
    id: "",
    stamp: [0, 0],
    kind: 128,
    codec: "raw",
    payload: Buffer.from("x"),
  } as const;
  expect(eventLine({ ...event, epoch: 0 })).toBe("1970-01-01T00:00:00.000Z  aaaaaaaa  3  x");
  expect(eventLine({ ...event, epoch: 2 })).toBe("1970-01-01T00:00:00.000Z  aaaaaaaa/2  3  x");
});

test("nothing printed for a person can steer the terminal", () => {
  expect(printable("a\tb\nc\u001b[31m\u009b\u202e\u2066\u007f\u00e9")).toBe("a\\tb\\nc\\u001b[31m\\u009b\\u202e\\u2066\\u007f\u00e9");
  expect([countText(1, "event"), countText(12_345, "event")]).toEqual(["1 event", "12,345 events"]);
});

test("a line longer than any payload may be is refused with its place", async () => {
  const source = new MemorySource();
  source.feed("short\n");
  source.feed("x".repeat(17 * 1024 * 1024));
  source.end();
  const reading = (async () => {
    for await (const lines of eventLines(source, new AbortController().signal)) expect(lines.length).toBe(1);
  })();
  await expect(reading).rejects.toThrow("line 2 is longer than 16 MiB");
});
