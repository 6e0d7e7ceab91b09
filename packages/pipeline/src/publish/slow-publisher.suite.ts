import { publish } from "./publish.js";

// A program for the tests: publishes a document without end at the path it is given, until it is stopped.

const [, , path] = process.argv as [string, string, string];
const calling = new AbortController();
process.on("SIGINT", () => calling.abort());

function* endless(): Generator<string> {
  for (;;) yield "x";
}

await publish(path, endless, { signal: calling.signal }).catch((error: Error & { code?: string }) => {
  process.stdout.write(`${error.code}: ${error.message}\n`);
});
