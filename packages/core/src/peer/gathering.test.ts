import { expect, test } from "vitest";
import { gatheredBytesMax } from "../bytes/limits.js";
import { Gathering } from "./gathering.js";

/** What was handed on so far, and what is to run soon. */
function gathering() {
  const handed: number[][] = [];
  const soon: (() => void)[] = [];
  let open: number[] | undefined;
  const gathered = new Gathering<string>({
    handOn: (token) => {
      if (open === undefined) {
        open = [];
        handed.push(open);
      }
      open.push(token);
    },
    soon: (run) => soon.push(run),
  });
  const act = (run: () => void) => {
    run();
    open = undefined;
  };
  return {
    handed,
    add: (token: number, bytes = 100) => act(() => gathered.add(token, `${token}`, bytes)),
    answer: (...tokens: readonly number[]) => act(() => tokens.forEach((token) => gathered.answered(token))),
    runSoon: () => act(() => soon.splice(0).forEach((run) => run())),
    waitsForSoon: () => soon.length > 0,
  };
}

test("who comes alone, again and again, waits for nobody", () => {
  const { add, answer, handed, waitsForSoon } = gathering();
  for (const token of [1, 2, 3]) {
    add(token);
    answer(token);
    expect(waitsForSoon()).toBe(false);
  }
  expect(handed).toEqual([[1], [2], [3]]);
});

test("those who come while one is under way go on together once it is answered", () => {
  const { add, answer, handed, runSoon } = gathering();
  add(1);
  for (const token of [2, 3, 4]) add(token);
  expect(handed).toEqual([[1]]);
  answer(1);
  expect(handed).toEqual([[1]]);
  runSoon();
  expect(handed).toEqual([[1], [2, 3, 4]]);
});

test("a crowd that is answered and comes back at once stays one crowd, with who waited meanwhile", () => {
  const { add, answer, handed, runSoon } = gathering();
  add(1);
  add(2);
  answer(1);
  add(3);
  runSoon();
  add(4);
  answer(2, 3);
  for (const token of [5, 6]) add(token);
  runSoon();
  expect(handed).toEqual([[1], [2, 3], [4, 5, 6]]);
});

test("nobody waits for an answer that is still to come of one of several", () => {
  const { add, answer, handed, runSoon, waitsForSoon } = gathering();
  add(1);
  add(2);
  add(3);
  answer(1);
  runSoon();
  add(4);
  answer(2);
  expect(waitsForSoon()).toBe(false);
  answer(3);
  runSoon();
  expect(handed).toEqual([[1], [2, 3], [4]]);
});

test("what is large enough goes on at once, and takes those before it along, in order", () => {
  const { add, handed } = gathering();
  add(1);
  add(2, 300);
  add(3, gatheredBytesMax - 301);
  expect(handed).toEqual([[1]]);
  add(4, 1);
  expect(handed).toEqual([[1], [2, 3, 4]]);
  add(5, gatheredBytesMax);
  expect(handed).toEqual([[1], [2, 3, 4], [5]]);
});

test("an answer twice, or to nobody, changes nothing", () => {
  const { add, answer, handed, runSoon } = gathering();
  add(1);
  add(2);
  answer(7);
  answer(1, 1);
  runSoon();
  answer(1);
  add(3);
  expect(handed).toEqual([[1], [2]]);
});
