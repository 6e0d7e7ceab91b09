import { isMalformed, typeDepthMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseClientLine } from "./messages.js";
import { conflict, operation, place, report as reportOf } from "./stub-subjects.suite.js";
import {
  isChangeReport,
  isConflicts,
  isExplanation,
  isOperations,
  isQuarantined,
  isSubjectReport,
  isSubjectRows,
  isTablePage,
  isTableValue,
} from "./subject-messages.js";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const isRefused = (call: object) => isMalformed(parseClientLine(bytes({ say: "call", id: 1, ...call })));

/** Each call, and members that make it wrong. */
const onPath = { path: "a/b", type: "pn-counter", assurance: "hybrid" };
const wrongOnPath = [{ path: 1 }, { path: undefined }, { type: 1 }, { assurance: "some" }];
const step = { name: "set", given: ["x"] };
const calls: readonly [call: object, wrong: readonly object[]][] = [
  [{ call: "subjects", prefix: "a" }, [{ prefix: 1 }]],
  [{ call: "readSubject", ...onPath, at: [1, 2] }, [...wrongOnPath, { at: [1] }, { at: [1, -1] }]],
  [{ call: "followSubject", ...onPath }, wrongOnPath],
  [{ call: "changesOf", ...onPath }, wrongOnPath],
  [{ call: "statusOf", ...onPath }, wrongOnPath],
  [{ call: "quarantinedOf", ...onPath }, wrongOnPath],
  [
    { call: "changeSubject", ...onPath, calls: [step] },
    [
      ...wrongOnPath,
      { calls: undefined },
      { calls: step },
      { calls: [{ ...step, name: undefined }] },
      { calls: [{ ...step, given: "x" }] },
      { calls: [{ ...step, given: [1] }] },
      { calls: [{ ...step, keys: [1] }] },
      { calls: [{ ...step, fields: Array.from({ length: typeDepthMax + 1 }, () => "f") }] },
    ],
  ],
  [{ call: "explainSubject", ...onPath, key: "k" }, [...wrongOnPath, { key: undefined }]],
  [{ call: "conflictsOf", ...onPath }, wrongOnPath],
  [
    { call: "restoreConflict", ...onPath, conflict },
    [...wrongOnPath, { conflict: { ...conflict, lost: { ...operation, seq: "2" } } }, { conflict: { ...conflict, won: operation } }],
  ],
  [{ call: "tablePut", ...onPath, key: "k", value: "v" }, [...wrongOnPath, { value: 1 }, { key: 1 }]],
  [{ call: "tableDelete", ...onPath, key: "k" }, [...wrongOnPath, { key: 1 }]],
  [{ call: "tableGet", ...onPath, key: "k" }, [...wrongOnPath, { key: 1 }]],
  [{ call: "tableHistory", ...onPath, key: "k" }, [...wrongOnPath, { key: 1 }]],
  [{ call: "tableRoot", ...onPath }, wrongOnPath],
  [
    { call: "tableScan", ...onPath, scan: { prefix: "p", after: "k", limit: 3 } },
    [...wrongOnPath, { scan: undefined }, { scan: { limit: -1 } }, { scan: { after: 1 } }, { scan: { prefix: 1 } }],
  ],
];

test("each call is understood whole, and is malformed with one member of the wrong type", () => {
  for (const [call, wrong] of calls) {
    expect([call, isRefused(call)]).toEqual([call, false]);
    for (const change of wrong) expect([call, change, isRefused({ ...call, ...change })]).toEqual([call, change, true]);
  }
});

const report = reportOf(null);
/** What each answer may be, and members that make it wrong. */
const answers: readonly [is: (value: unknown) => boolean, right: object, wrong: readonly object[]][] = [
  [
    isSubjectReport,
    report,
    [
      { value: undefined },
      { type: 1 },
      { quarantined: -1 },
      { progress: { state: "odd" } },
      { progress: { state: "waiting", why: "odd" } },
    ],
  ],
  [isSubjectReport, { ...report, progress: { state: "stuck", reason: "r" } }, [{ progress: { state: "stuck" } }, { progress: null }]],
  [
    isChangeReport,
    { ...place, stamp: [1, 2], keys: ["k"], value: null },
    [{ keys: [1] }, { stamp: [1] }, { value: undefined }, { seq: 0.5 }],
  ],
  [
    isExplanation,
    { key: "k", winners: [operation], losers: [] },
    [{ winners: [1] }, { winners: [{ ...operation, path: "p" }] }, { losers: undefined }],
  ],
  [isTablePage, { rows: [["k", null]], after: "k" }, [{ rows: [["k"]] }, { rows: [[1, 1]] }, { rows: {} }, { after: 1 }]],
];

test("each answer is believed whole, and not with one member of the wrong type", () => {
  for (const [is, right, wrong] of answers) {
    expect(is(right)).toBe(true);
    for (const change of wrong) expect([change, is({ ...right, ...change })]).toEqual([change, false]);
  }
  expect([isTableValue({}), isTableValue({ value: null }), isTableValue(null)]).toEqual([true, true, false]);
  expect([isSubjectRows([{ path: "a", feeds: 0, events: 0 }]), isSubjectRows([{ path: "a" }])]).toEqual([true, false]);
  expect([isQuarantined([{ ...place, reason: "r" }]), isQuarantined([place])]).toEqual([true, false]);
  expect([isOperations([operation]), isOperations(operation), isConflicts([conflict]), isConflicts([operation])]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test("whatever JSON says is a call or malformed, an answer or not, never a throw", () => {
  const names = fc.constantFrom(...calls.map(([call]) => (call as { readonly call: string }).call));
  const guards = [
    isSubjectReport,
    isChangeReport,
    isExplanation,
    isTablePage,
    isTableValue,
    isSubjectRows,
    isQuarantined,
    isOperations,
    isConflicts,
  ];
  fc.assert(
    fc.property(names, fc.jsonValue(), fc.constantFrom("path", "calls", "conflict", "scan", "key"), (call, value, member) => {
      expect(typeof isRefused({ call, path: "a", [member]: value })).toBe("boolean");
      for (const is of guards) expect(typeof is(value)).toBe("boolean");
    }),
    { numRuns: 2_000 },
  );
});
