import { expect, test } from "vitest";
import { sampleRecord, unbalanced } from "./sample-record.suite.js";
import { simReport } from "./sim-report.js";

const plotNames = (html: string) => [...html.matchAll(/<svg [^>]*data-plot="(\w+)"/g)].map(([, name]) => name);
const figure = (html: string, name: string) => new RegExp(`<dt>${name}</dt><dd[^>]*>([^<]*)<`).exec(html)?.[1];

test.each([1, 5, 20, 1_000])("%i peers: one page that needs nothing else, with all its plots, and each says what it is", (peers) => {
  const html = simReport(sampleRecord(peers));
  expect(plotNames(html)).toEqual(["roots", "lag", "latency", "traffic", "links"]);
  expect(html.match(/<svg [^>]*role="img"[^>]*>\s*<title>[^<]+<\/title>\s*<desc>[^<]+<\/desc>/g)).toHaveLength(5);
  expect(unbalanced(html)).toBeUndefined();
  expect(html).not.toMatch(/<script|<img|@import|url\(|src=|href="(?!data:,")|NaN|undefined|Infinity/);
  expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
  expect(html).toContain("prefers-color-scheme:dark");
  expect(simReport(sampleRecord(peers))).toBe(html);
  expect(html.length).toBeLessThan(1_000_000);
});

test("the headline is what the record says", () => {
  const html = simReport(sampleRecord(5));
  expect(figure(html, "Converged after writes stopped")).toBe("1.2 s");
  expect(figure(html, "Violations")).toBe("0");
  expect(figure(html, "Bytes sent")).toBe("94,000");
  expect(figure(html, "Chunks, and again")).toBe("1, 89");
  expect(html).toContain("<tr><td>root_equal</td><td>40</td></tr>");
  expect(html).toContain("<tr><td>reconciler</td><td>the cheapest</td></tr>");
});

test("what went wrong is said first, as text", () => {
  const html = simReport(
    sampleRecord(5, { convergedMs: undefined, violations: ["N01 lost <b>"], leftOut: { rounds: 7, chunks: 0, links: 2, samples: 0 } }),
  );
  expect(figure(html, "Converged after writes stopped")).toBe("never");
  expect(html).toContain("<h1>Sinter simulation: 5 peers, seed 1: violations</h1>");
  expect(html).toContain("<td>N01 lost &#60;b&#62;</td>");
  expect(html).toContain("7 rounds more are not in the picture: tables have a bound.");
  expect(html).toContain("2 changes of links more are not in the picture");
});

test("a run that was ended at once is a page all the same", () => {
  const html = simReport(
    sampleRecord(5, {
      samples: [],
      rounds: [],
      traffic: [],
      links: [],
      chunks: [],
      endedMs: 0,
      writesStoppedMs: 0,
      convergedMs: undefined,
    }),
  );
  expect(plotNames(html)).toHaveLength(5);
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
  expect(figure(html, "Round p50")).toBe("n/a");
});
