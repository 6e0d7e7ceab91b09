import { expect, test } from "vitest";
import { DueTimes } from "./due-times.js";

test("what is due happens in order, with what it brings about, and a late look makes nothing later", () => {
  const due = new DueTimes();
  const happened: string[] = [];
  const again = (fromMs: number): void =>
    due.at(fromMs + 3, (atMs) => {
      happened.push(`again ${atMs}`);
      again(atMs);
    });
  due.at(7, (atMs) => happened.push(`once ${atMs}`));
  again(0);
  due.happen(2);
  expect(happened).toEqual([]);
  due.happen(10);
  expect(happened).toEqual(["again 3", "again 6", "once 7", "again 9"]);
  due.happen(11);
  due.happen(12);
  expect(happened.slice(4)).toEqual(["again 12"]);
});
