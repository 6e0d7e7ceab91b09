import { expect, test } from "vitest";
import { changeLine, operationLine, progressLine, proveCommand, quarantinedLine, valueLines, valueText } from "./value-lines.js";

const place = { author: "ab".repeat(32), epoch: 0, nonce: "0f".repeat(16), seq: 7 };
const stamp = [1_700_000_000_000, 0] as const;
const written = { ...place, stamp, operation: 0 };

test("a value is shown as text or JSON, an element or a key a line, and cannot steer the terminal", () => {
  expect(["a\u001b[2J", 7, true, null, [1, "x"], { a: null }].map(valueText)).toEqual([
    "a\\u001b[2J",
    "7",
    "true",
    "null",
    '[1,"x"]',
    '{"a":null}',
  ]);
  expect(valueLines("x\ny")).toEqual(["x\\ny"]);
  expect([valueLines(null), valueLines([]), valueLines({}), valueLines(0)]).toEqual([["(nothing)"], ["(empty)"], ["(empty)"], ["0"]]);
  expect(valueLines(["b", { a: 1 }])).toEqual(["b", '{"a":1}']);
  expect(valueLines({ "k\u0007": "v", z: [1] })).toEqual(["k\\u0007  v", "z  [1]"]);
});

test("what a view waits for is said with what to do", () => {
  expect(progressLine("s", { state: "current" })).toBeUndefined();
  expect(progressLine("s", { state: "folding" })).toContain("is being folded still");
  expect(progressLine("s", { state: "waiting", why: "wanted", author: place.author, seq: 7 })).toBe(
    "waiting: event 7 of abababab in s is here without what it says: see sinter wanted s; what its author wrote behind it waits too",
  );
  expect(progressLine("s", { state: "waiting", why: "future", author: place.author, seq: 7 })).toContain("is from the future");
  expect(progressLine("s", { state: "stuck", reason: "odd\n" })).toBe("s cannot be folded: odd\\n");
});

test("operations and changes are told with when, who and where, and with what proves them", () => {
  expect(operationLine({ ...written, value: "x" })).toBe("2023-11-14T22:13:20.000Z  abababab  7  x");
  expect(operationLine({ ...written, path: ["42", "title"], value: "x" })).toBe("2023-11-14T22:13:20.000Z  abababab  7  42/title: x");
  expect(operationLine({ ...written, epoch: 2 })).toBe("2023-11-14T22:13:20.000Z  abababab/2  7  (deleted)");
  expect(changeLine({ ...place, stamp, keys: ["b", "a  c"], value: [1] })).toBe("2023-11-14T22:13:20.000Z  abababab  7  b, a  c  [1]");
  expect(changeLine({ ...place, stamp, keys: [""], value: 1 })).toBe("2023-11-14T22:13:20.000Z  abababab  7  1");
  expect(quarantinedLine("s", { ...place, epoch: 1, reason: "odd\u0000" })).toBe("passed over: event 7 of abababab/1 in s: odd\\u0000");
  const calling = { command: "sinter", data: undefined };
  expect(proveCommand("it's", { ...written, epoch: 3 }, calling)).toBe("sinter prove 'it'\\''s' abababab 7 --epoch 3/0f0f0f0f");
  expect(proveCommand("s", written, { command: "./sinter", data: "my data" })).toBe(
    "./sinter prove s abababab 7 --epoch 0/0f0f0f0f --data 'my data'",
  );
});
