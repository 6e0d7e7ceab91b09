import { expect, test } from "vitest";
import { Admission, admittedAs } from "./admission.js";

test("so many together, and so many for an address; a place given back is free again", () => {
  const admission = new Admission({ together: 3, perAddress: 2 });
  const first = admission.enter("a");
  admission.enter("a");
  expect(admission.enter("a")).toBe(undefined);
  admission.enter("b");
  expect(admission.enter("c")).toBe(undefined);
  first?.();
  expect(admission.enter("c")).toBeDefined();
});

test("a place is given back once", () => {
  const admission = new Admission({ together: 2, perAddress: 2 });
  const first = admission.enter("a");
  admission.enter("a");
  first?.();
  first?.();
  expect(admission.taken).toBe(1);
  expect([admission.enter("a") !== undefined, admission.enter("a")]).toEqual([true, undefined]);
});

test("an address of IPv4 is one however it is written, and a network of IPv6 is one address", () => {
  expect(admittedAs("192.0.2.7")).toBe("192.0.2.7");
  expect(admittedAs("::ffff:192.0.2.7")).toBe("192.0.2.7");
  expect(admittedAs("2001:db8:1:2::7")).toBe("2001:db8:1:2");
  expect(admittedAs("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
  expect(admittedAs("2001:db8::7")).toBe("2001:db8:0:0");
  expect(admittedAs("::1")).toBe("0:0:0:0");
  expect(admittedAs("")).toBe("");
});
