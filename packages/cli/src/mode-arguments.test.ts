import { expect, test } from "vitest";
import { modeArguments } from "./mode-arguments.js";

test("the mode is the command, wherever it stands", () => {
  const wanted = ["synthesize", "--input-dir", "in", "--output-path", "out"];
  expect(modeArguments(["--mode", "synthesize", "--input-dir", "in", "--output-path", "out"])).toEqual(wanted);
  expect(modeArguments(["--mode=synthesize", "--input-dir", "in", "--output-path", "out"])).toEqual(wanted);
  expect(modeArguments(["--input-dir", "in", "--output-path", "out", "--mode", "synthesize"])).toEqual(wanted);
});

test("without a mode it is Sinter's command, and a mode that is missing is no command", () => {
  expect(modeArguments(["synthesize", "--help"])).toEqual(["synthesize", "--help"]);
  expect(modeArguments(["--mode"])).toEqual([""]);
});
