import type { Element } from "./element-codec.js";
import { type RegisterType, registerType } from "./register-values.js";

// The last write wins: of those that nobody wrote over knowingly, the last in the total order. The others are conflicts, until
// somebody writes who has seen them.

export type Register<T> = RegisterType<T, T | undefined>;

export function register<T>(element: Element<T>): Register<T> {
  return registerType<T, T | undefined>(element, {
    name: "register",
    value: ([last], read) => last && read(last),
    winners: () => 1,
  });
}
