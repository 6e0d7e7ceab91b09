import { expect, test } from "vitest";
import { comparison } from "./comparison.js";
import { unbalanced } from "./sample-record.suite.js";

test("runs are drawn together, and one that never converged is said", () => {
  const ring = { topology: "ring", seed: "7", reconciler: "cheapest" };
  const untold = { topology: undefined, seed: undefined, reconciler: undefined };
  const html = comparison([
    { label: "5 peers <calm>", convergenceS: 0.2, p50S: 0.01, p95S: 0.02, p99S: 0.03, ...ring },
    { label: "10 peers", convergenceS: undefined, p50S: 0.02, p95S: 0.2, p99S: undefined, ...ring, reconciler: "sketch" },
    { label: "20 peers", convergenceS: 0.6, p50S: 0.02, p95S: 0.2, p99S: 0.4, ...untold },
  ]);
  expect([...html.matchAll(/data-plot="(\w+)"/g)].map(([, name]) => name)).toEqual(["convergence", "percentiles"]);
  expect(html).toContain("Never, or not known: 2.");
  expect(html).toContain("<td>5 peers &#60;calm&#62;</td><td>0.2</td>");
  expect(html).toContain("<td>10 peers</td><td>n/a</td><td>0.02</td><td>0.2</td><td>n/a</td><td>ring</td><td>7</td><td>sketch</td>");
  expect(html).toContain("<td>0.4</td><td>n/a</td><td>n/a</td><td>n/a</td>");
  expect([...html.matchAll(/>(p50|p95|p99|convergence)<\/text>/g)].map(([, name]) => name)).toEqual(["convergence", "p50", "p95", "p99"]);
  expect([unbalanced(html), /NaN|undefined/.exec(html)]).toEqual([undefined, null]);
});
