// What the package gives to those who embed the command. Nothing inside the package imports this file.

export { run } from "./run.js";
export type { Io, OpenStore, Sink, Source } from "./terminal/io.js";
