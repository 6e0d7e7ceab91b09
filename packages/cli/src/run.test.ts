import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, Session, type Setting, start } from "./harness.suite.js";
import { MemoryStores } from "./memory-stores.suite.js";
import { run } from "./run.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(dir, { recursive: true }));

test("wrong usage exits 2 with one line that suggests", async () => {
  const wrong: [string[], RegExp][] = [
    [[], /^sinter: no command given\. Give one of up, sync, append, cat, .*--help\.\n$/],
    [["stauts"], /^sinter: unknown command 'stauts'\. Did you mean status\? See sinter --help\.\n$/],
    [["cat", "s", "--jsn"], /^sinter: unknown option '--jsn'\. Did you mean --json\? See sinter cat --help\.\n$/],
    [["cat"], /^sinter: missing required argument 'subject'\. See sinter cat --help\.\n$/],
    [["table", "put", "t"], /^sinter: missing required argument 'key'\. See sinter table put --help\.\n$/],
    [["feeds", "a", "b"], /^sinter: too many arguments.*\n$/],
    [["append", "s", "x", "--kind", "7"], /^sinter: .*A whole number from 128 to 255.*\n$/],
    [["append", "s", "x", "--codec", "xml"], /^sinter: .*Allowed choices are raw, cbor, json, protobuf.*\n$/],
    [["append", "", "x"], /^sinter: not a subject: .*A subject is 1 to 8 parts joined by slashes.*\n$/],
    [["cat", "s", "--from", "yesterday"], /is no time\. Give an ISO time such as .*Z, or a stamp MS,N such as 1795222426029,500\.\n$/],
    [["bogus", "--help"], /^sinter: unknown command 'bogus'\. See sinter --help\.\n$/],
    [["help", "bogus"], /^sinter: unknown command 'bogus'\. See sinter --help\.\n$/],
    [["append", "s", "a\ufffd"], /^sinter: TEXT is not valid UTF-8\. Give the text on standard input\.\n$/],
    [["append", "\ufffd", "a"], /^sinter: SUBJECT is not valid UTF-8\. Name the subject in UTF-8\.\n$/],
    [["cat", "\ufffd"], /^sinter: SUBJECT is not valid UTF-8\. Name the subject in UTF-8\.\n$/],
    [["cat", "s", "--from", "2026-13-45"], /is no time/],
    [["cat", "s", "-f", "--to", "2026-01-01"], /^sinter: --follow goes on without end, --to names one\. Leave one.*\n$/],
    [["status", "a", "--data", "b"], /^sinter: two stores are named, a and b\. Name one\.\n$/],
    [["prove", "s", "me", "1"], /^sinter: AUTHOR is no author's id\. Give the hexadecimal digits.*\n$/],
    [["prove", "s", "aa", "0"], /^sinter: .*A whole number from 1 to 999999999999999.*\n$/],
    [["prove", "s", "aa", "1", "--epoch", "1/"], /^sinter: --epoch 1\/ is none\. Give its index such as 1, or index\/nonce.*\n$/],
    [["prove", "\ufffd", "aa", "1"], /^sinter: SUBJECT is not valid UTF-8\. Name the subject in UTF-8\.\n$/],
    [["verify"], /^sinter: missing required argument 'file'\. See sinter verify --help\.\n$/],
    [["verify", "f", "--data", "d"], /^sinter: unknown option '--data'.*\n$/],
    [["status", "--data", ""], /^sinter: the store's directory is empty text\. Give --data a directory\.\n$/],
  ];
  for (const [argv, message] of wrong) {
    const { code, stdout, stderr } = await finish(setting, argv);
    expect([argv, code, stdout.text]).toEqual([argv, 2, ""]);
    expect(stderr).toMatch(message);
  }
});

test("a hint names the command as it was called", async () => {
  const named = { ...setting, env: { ...setting.env, SINTER_COMMAND: "./sinter" } };
  expect((await finish(named, ["cat"])).stderr).toMatch(/See \.\/sinter cat --help\.\n$/);
});

test("output that cannot be written is a failure, said on one line", async () => {
  setting.stores.at(dir).add("s", { payload: Buffer.from("x") });
  const lines = [["cat", "s"], ["cat", "s", "-f"], ["status"], ["audit"], ["feeds"], ["keys"], ["up"], ["--help"]];
  for (const argv of [...lines, ["cat", "s", "--json"]]) {
    const { code, stderr } = await finish(setting, argv, (session) => (session.stdout.mode = "full"));
    const told = "sinter: cannot write the output: no space left on device. Free some space or choose another place.\n";
    expect([argv, code, stderr]).toEqual([argv, 1, told]);
  }
});

test("every command explains itself with an example; the version is the package's", async () => {
  const ofSubjects = ["subjects", "subject", "set", "add", "remove", "increment", "get", "watch", "explain", "conflicts"];
  const ofTables = ["put", "get", "del", "scan", "history", "root"].map((command) => `table ${command}`);
  for (const command of [
    "up",
    "append",
    "cat",
    "feeds",
    "audit",
    "prove",
    "verify",
    "keys",
    "status",
    "bench",
    ...ofSubjects,
    ...ofTables,
  ]) {
    const words = command.split(" ");
    const { code, stdout, stderr } = await finish(setting, [...words, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.text).toMatch(new RegExp(`Usage: sinter ${command}`));
    expect(stdout.text).toMatch(new RegExp(`Examples?:\\n.*sinter ${command}`));
    expect(stdout.text).toContain("--json");
    expect((await finish(setting, ["help", ...words])).stdout.text).toBe(stdout.text);
  }
  for (const help of ["--help", "help"]) expect((await finish(setting, [help])).stdout.text).toContain("Exit codes: 0 done");
  expect((await finish(setting, ["--version"])).stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a second interrupt ends the process at once", async () => {
  setting.stores.at(dir).beforeAppend = () => new Promise(() => {});
  const session = start(setting, ["append", "s", "x"]);
  await vi.waitFor(() => expect(setting.stores.opened).toBe(1));
  session.interrupt();
  expect(session.forced).toBeUndefined();
  session.interrupt();
  expect(session.forced).toBe(1);
});

test("what nobody foresaw is told on one line, with what to do", async () => {
  const io = new Session().io(setting.stores, setting.env);
  const session = new Session();
  const failing = { ...session.io(setting.stores, setting.env), open: () => Promise.reject(new Error("odd\n  thing")) };
  expect(await run(["status"], failing)).toBe(1);
  expect(session.stderr.text).toBe("sinter: something unforeseen: odd thing. Please report it with the command you gave.\n");
  expect(await run(["status"], io)).toBe(0);
});
