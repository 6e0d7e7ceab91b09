import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandCall, controlPartCharsMax, type DescribedSubjects } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ControlClient, connectControl } from "./client.js";
import { type ControlServer, serveControl } from "./server.js";
import { StubPeer } from "./stub-peer.suite.js";
import { conflict, report, type StubSubjects } from "./stub-subjects.suite.js";

// Subjects of a peer in another process answer as they do in this one.

let dir: string;
let peer: StubPeer;
let server: ControlServer;
let client: ControlClient;
let here: StubSubjects;
let far: DescribedSubjects;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "control-"));
  peer = new StubPeer();
  server = await serveControl({ dir, peer, holder: "command" });
  client = (await connectControl({ dir })) as ControlClient;
  here = peer.described;
  far = client.described;
});

afterEach(async () => {
  await client.close();
  await server.close();
  rmSync(dir, { recursive: true });
});

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

const calls: CommandCall[] = [
  { name: "set", fields: ["title"], keys: ["k"], given: ["x"] },
  { name: "increment", given: [] },
];

/** Each call that is answered at once, on whichever of the two. */
const questions: ((described: DescribedSubjects) => Promise<unknown>)[] = [
  (described) => described.subjects(),
  (described) => described.subjects("a"),
  (described) => described.readSubject("a/b"),
  (described) => described.readSubject("a/b", { at: [5, 6], type: "or-set(text)", assurance: "hybrid" }),
  (described) => described.statusOf("a/b"),
  (described) => described.quarantinedOf("a/b"),
  (described) => described.explainSubject("a/b", "k"),
  (described) => described.conflictsOf("a/b"),
  (described) => described.tableGet("a/b", "k"),
  (described) => described.tableGet("a/b", "none"),
  (described) => described.tableScan("a/b", { prefix: "p", after: "q", limit: 3 }),
  (described) => described.tableHistory("a/b", "k"),
  (described) => described.tableRoot("a/b"),
];

const writes: ((described: DescribedSubjects) => ReturnType<DescribedSubjects["tablePut"]>)[] = [
  (described) => described.changeSubject("a/b", calls, { type: "pn-counter" }),
  (described) => described.restoreConflict("a/b", conflict),
  (described) => described.tablePut("a/b", "k", "v"),
  (described) => described.tableDelete("a/b", "k"),
];

test("every question comes to the holder as it was asked, and its answer back as it was given", async () => {
  for (const question of questions) {
    const answers = [await question(far), await question(here)];
    expect(answers[0]).toEqual(answers[1]);
    expect(here.asked.at(-2)).toEqual(here.asked.at(-1));
  }
});

test("every write comes to the holder as it was made, and its receipt back", async () => {
  for (const write of writes) {
    const receipts = [await write(far), await write(here)];
    const said = receipts.map(({ author, epoch, count, seq, id }) => [author, epoch, count, seq(0), id(0)]);
    expect(said[0]).toEqual(said[1]);
    expect(here.asked.at(-2)).toEqual(here.asked.at(-1));
  }
});

test("what the holder's subjects refuse keeps code and fix, and a stream ends with it", async () => {
  const refused = { code: "lens", message: "read through another type", fix: "Name that one." };
  expect(await failure(far.readSubject("broken"))).toMatchObject(refused);
  expect(await failure(far.tablePut("broken", "k", "v"))).toMatchObject(refused);
  expect(await failure(all(far.followSubject("broken")))).toMatchObject(refused);
  expect(await failure(all(far.changesOf("broken")))).toMatchObject(refused);
});

test("streams hand on each item, whatever its length, and end as the holder's do", async () => {
  here.values = [null, "x".repeat(2 * controlPartCharsMax + 1), { deep: [[1]] }];
  expect(await all(far.followSubject("a/b"))).toEqual(here.values.map(report));
  expect((await all(far.changesOf("a/b"))).map(({ value }) => value)).toEqual(here.values);
  expect(here.ended).toBe(2);
});

test("a slow reader holds its source back: the next value is the latest by then", async () => {
  here.values = Array.from({ length: 100 }, (_, index) => index);
  const reader = far.followSubject("a/b")[Symbol.asyncIterator]();
  expect((await reader.next()).value).toMatchObject({ value: 0 });
  for (let round = 0; round < 10; round++) await client.status();
  expect(here.given).toBe(1);
  await reader.next();
  expect(here.given).toBe(2);
  await reader.return?.();
  await vi.waitFor(() => expect(here.ended).toBe(1));
});

test("a follower's signal ends it quietly, here and at the holder; a holder that leaves ends it with its error", async () => {
  const stop = new AbortController();
  const following = all(far.followSubject("endless", { signal: stop.signal }));
  await vi.waitFor(() => expect(here.given).toBe(3));
  stop.abort();
  expect((await following).length).toBe(3);
  await vi.waitFor(() => expect(here.ended).toBe(1));
  const changes = failure(all(far.changesOf("endless")));
  await vi.waitFor(() => expect(here.given).toBe(6));
  await server.close();
  expect(await changes).toMatchObject({ code: "holder-lost" });
});

test("answers that cannot be read fail, and writes whose holder vanished have an unknown outcome", async () => {
  const other = mkdtempSync(join(tmpdir(), "control-"));
  let answer = "";
  const odd = createServer((socket) => {
    socket.on("error", () => {});
    socket.write('{"say":"hello","version":2,"pid":7,"holder":"peer"}\n');
    socket.on("data", (chunk) => {
      if (!chunk.includes('"call"')) return;
      if (answer === "") socket.destroy();
      else socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => odd.listen(join(other, "control.sock"), resolve));
  const asked = async (question: (described: DescribedSubjects) => Promise<unknown>) => {
    const connected = (await connectControl({ dir: other })) as ControlClient;
    const outcome = await failure(question(connected.described));
    await connected.close();
    return outcome;
  };
  for (const write of writes) expect(await asked(write)).toMatchObject({ code: "unknown-outcome" });
  expect(await asked((described) => described.tableRoot("a"))).toMatchObject({ code: "holder-lost" });
  answer = '{"say":"done","id":1,"result":7}\n';
  for (const question of [...questions, ...writes]) expect(await asked(question)).toMatchObject({ code: "internal" });
  for (const wrong of ['{"say":"item","id":1,"item":7}\n', '{"say":"part","id":1,"text":"{"}\n{"say":"item","id":1,"item":null}\n']) {
    answer = wrong;
    expect(await asked((described) => all(described.followSubject("a")))).toMatchObject({ code: "internal" });
    expect(await asked((described) => all(described.changesOf("a")))).toMatchObject({ code: "internal" });
  }
  odd.close();
  rmSync(other, { recursive: true });
});
