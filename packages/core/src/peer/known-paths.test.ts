import { expect, test } from "vitest";
import { knownPathsMax } from "../bytes/limits.js";
import { KnownPaths } from "./known-paths.js";

test("what was typed comes back in normal form, the first time and every other", () => {
  const paths = new KnownPaths();
  const typed = "team/cafe\u0301";
  for (let time = 0; time < 3; time++) expect(paths.of(typed)).toBe("team/caf\u00e9");
});

test("what is no subject says how one is written, each time", () => {
  const paths = new KnownPaths();
  for (let time = 0; time < 2; time++) expect(() => paths.of("team//notes")).toThrow(expect.objectContaining({ code: "invalid-path" }));
});

test("more than it may remember: all are answered still", () => {
  const paths = new KnownPaths();
  for (let index = 0; index <= knownPathsMax; index++) expect(paths.of(`team/${index}`)).toBe(`team/${index}`);
  expect(paths.of("team/0")).toBe("team/0");
});
