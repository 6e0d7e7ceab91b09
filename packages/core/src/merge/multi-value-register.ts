import type { Element } from "./element-codec.js";
import { type RegisterType, registerType } from "./register-values.js";

// A register that keeps all that was written at once, the last in the total order first: an application that reads several has them
// chosen from, or shows them, and writes one over them all.

export type MultiValueRegister<T> = RegisterType<T, readonly T[]>;

export function multiValueRegister<T>(element: Element<T>): MultiValueRegister<T> {
  return registerType<T, readonly T[]>(element, {
    name: "multi-value-register",
    value: (live, read) => live.map(read),
    winners: ({ length }) => length,
  });
}
