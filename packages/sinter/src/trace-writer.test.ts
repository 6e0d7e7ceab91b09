import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Instant, SinterError, type TraceLine } from "@sinter/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { open } from "./open.js";
import { traceOfEnvironment, traceWriter } from "./trace-writer.js";

const payload = new Uint8Array(300).fill(0xab);
const line: TraceLine = {
  at: 1234.5 as Instant,
  turn: 7,
  protocol: "feed",
  input: { kind: "commanded", command: { kind: "append", events: Array.from({ length: 100 }, () => ({ payload })) } },
  effects: [
    { kind: "write", write: { lane: 1n } },
    { kind: "write" },
    { kind: "notify", notice: { text: "x".repeat(1000), nothing: undefined } },
  ],
};

function written(level: "on" | "trace", ...lines: readonly TraceLine[]): string {
  let text = "";
  const trace = traceWriter(level, (more) => {
    text += more;
  });
  for (const each of lines) trace(each);
  return text;
}

test("on: one line a step, by kinds", () => {
  const nothing = { ...line, effects: [], input: { kind: "started" } };
  expect(written("on", line, nothing)).toBe(
    "1234.500 ms  turn 7  feed  commanded -> write*2 notify\n1234.500 ms  turn 7  feed  started -> nothing\n",
  );
});

test("trace: contents as JSON, bytes in hexadecimal, all of it cut short", () => {
  const text = written("trace", { ...line, effects: [...line.effects, ...Array.from({ length: 100 }, () => ({ kind: "send" }))] });
  expect(text).toContain("commanded -> write*2 notify send*100\n");
  expect(text).toMatch(/ {4}input \{"kind":"commanded","command":\{"kind":"append","events":\[\{"payload":"(ab)+… \(300 bytes\)"\}/);
  expect(text).toMatch(/… \d+ more"\]/);
  expect(text).toContain('    effect {"kind":"write","write":{"lane":"1"}}\n');
  expect(text).toMatch(/x… \(1000 characters\)/);
  expect(text).toMatch(/and \d+ effects more\n$/);
  expect(text.length).toBeLessThan(4000);
});

test("trace: what is nested without end is cut, and a value of no kind is no reason to fail", () => {
  const round: Record<string, unknown> = {};
  round["again"] = round;
  expect(written("trace", { ...line, input: round, effects: [undefined] })).toMatch(/ \? -> \?\n {4}input \{.*"…"/);
});

test("the environment says whether and how", () => {
  expect(traceOfEnvironment({})).toBeUndefined();
  expect(traceOfEnvironment({ SINTER_TRACE: "off" })).toBeUndefined();
  const lines: string[] = [];
  traceOfEnvironment({ SINTER_TRACE: "on" }, (text) => void lines.push(text))?.(line);
  expect(lines).toHaveLength(1);
  expect(() => traceOfEnvironment({ SINTER_TRACE: "yes" })).toThrow(SinterError);
});

test("a peer opened under SINTER_TRACE shows its steps on stderr; one that traces for itself does not", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sinter-trace-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  vi.stubEnv("SINTER_TRACE", "on");
  onTestFinished(() => void vi.unstubAllEnvs());
  const shown: string[] = [];
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => shown.push(String(text)) > 0);
  onTestFinished(() => stderr.mockRestore());

  const peer = await open({ dir, control: "none" });
  await peer.append("log", [{ payload }]);
  await peer.close();
  expect(shown.join("")).toMatch(/ {2}feed {2}started -> notify\n/);
  expect(shown.join("")).toMatch(/ {2}feed {2}commanded -> .*\n/);
  expect(shown.join("")).toMatch(/ {2}feed {2}closing -> .*notify/);

  shown.length = 0;
  const own: TraceLine[] = [];
  const again = await open({ dir, control: "none", trace: (each) => void own.push(each) });
  await again.close();
  expect(own.length).toBeGreaterThan(0);
  expect(shown.join("")).not.toContain("feed  started");
});
