import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { authorOf, SinterError, toHex } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { madeFalconKey } from "./falcon-key-thread.js";
import { keyFileName, loadKeys } from "./key-file.js";
import { createNodeHasher } from "./node-hasher.js";

/** The same each time: making one takes long. */
const falconKey = await madeFalconKey();
const hybrid = { missing: "create", falcon: falconKey } as const;

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-keys-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function refusal(dir: string): SinterError {
  try {
    loadKeys(dir, { missing: "fail" });
  } catch (error) {
    expect(error).toBeInstanceOf(SinterError);
    return error as SinterError;
  }
  throw new Error("it was not refused");
}

test("the first load makes two keys that nobody else can read, and later loads find them", () => {
  const dir = freshDir();
  writeFileSync(join(dir, `${keyFileName}.new`), "left by a crash", { mode: 0o644 });
  const made = loadKeys(dir, { missing: "create" });
  expect(statSync(join(dir, keyFileName)).mode & 0o777).toBe(0o600);
  expect(existsSync(join(dir, `${keyFileName}.new`))).toBe(false);
  const found = loadKeys(dir, { missing: "fail" });
  expect(found.author.publicKey).toEqual(made.author.publicKey);
  expect(found.peer.publicKey).toEqual(made.peer.publicKey);
  expect(made.author.publicKey).not.toEqual(made.peer.publicKey);
  expect(found.author.sign(Uint8Array.of(1))).toEqual(made.author.sign(Uint8Array.of(1)));
});

test("keys that others could read are refused, with what to type", () => {
  const dir = freshDir();
  loadKeys(dir, { missing: "create" });
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(join(dir, keyFileName), mode);
    expect(refusal(dir).code).toBe("permission");
    expect(refusal(dir).fix).toBe(`Run: chmod 600 ${join(dir, keyFileName)}`);
  }
  chmodSync(join(dir, keyFileName), 0o600);
  loadKeys(dir, { missing: "fail" });
});

test("a missing file is an error where keys must be there already", () => {
  expect(refusal(freshDir()).code).toBe("corrupt");
});

test("a damaged file is refused, and the error does not quote it", () => {
  const dir = freshDir();
  const file = join(dir, keyFileName);
  loadKeys(dir, { missing: "create" });
  const text = readFileSync(file, "utf8");
  const secrets = [...text.matchAll(/"seed": "([^"]+)"/g)].map((match) => match[1] as string);
  expect(secrets.length).toBe(2);
  const damage = [
    text.slice(0, -40),
    text.replace("ed25519", "other"),
    text.replace(/"seed": "./, '"seed": "'),
    text.replace('"format": 1', '"format": "x"'),
    "null",
    "",
  ];
  for (const damaged of damage) {
    writeFileSync(file, damaged);
    const error = refusal(dir);
    expect(error.code).toBe("corrupt");
    for (const secret of secrets) expect(inspect(error, { showHidden: true })).not.toContain(secret.slice(1));
  }
  writeFileSync(file, text.replace('"format": 1', '"format": 3'));
  expect(refusal(dir).code).toBe("wrong-store");
});

test("a file from before hybrid authors is opened, and its author keeps its id", () => {
  const dir = freshDir();
  const key = (byte: number) => ({ type: "ed25519", seed: Buffer.alloc(32, byte).toString("base64url") });
  const text = JSON.stringify({ format: 1, secret: "never copy or show this file", author: key(1), peer: key(2) });
  writeFileSync(join(dir, keyFileName), text, { mode: 0o600 });
  const { author, falcon, authorKeys } = loadKeys(dir, { missing: "fail" });
  expect(falcon).toBe(undefined);
  expect(toHex(author.publicKey)).toBe("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
  expect(authorOf(createNodeHasher(), authorKeys)).toEqual(author.publicKey);
  expect(readFileSync(join(dir, keyFileName), "utf8")).toBe(text);
});

test("a hybrid author's two keys are made once, nobody else can read them, and later loads find them", () => {
  const dir = freshDir();
  const made = loadKeys(dir, hybrid);
  expect(statSync(join(dir, keyFileName)).mode & 0o777).toBe(0o600);
  const found = loadKeys(dir, { missing: "fail" });
  expect(found.authorKeys).toEqual({ suite: 2, ed25519: made.author.publicKey, falcon: falconKey.publicKey });
  expect(found.authorKeys).toEqual(made.authorKeys);
  expect(found.falcon?.reveal()).toEqual(falconKey.reveal());
  expect(found.peer.publicKey).toEqual(made.peer.publicKey);
  expect(JSON.parse(readFileSync(join(dir, keyFileName), "utf8"))).toMatchObject({
    format: 2,
    author: { type: "hybrid", falcon: { secret: expect.stringMatching(/^[\w-]{1708}$/), public: expect.stringMatching(/^[\w-]{1196}$/) } },
    peer: { type: "ed25519" },
  });
});

test("a hybrid author stays hybrid, and a classical one classical, whatever new authors are to be", () => {
  const [older, newer] = [freshDir(), freshDir()];
  loadKeys(older, { missing: "create" });
  loadKeys(newer, hybrid);
  expect(loadKeys(older, hybrid).authorKeys.suite).toBe(1);
  expect(loadKeys(newer, { missing: "create" }).authorKeys.suite).toBe(2);
});

test("a damaged hybrid file is refused, and the error does not quote it", () => {
  const dir = freshDir();
  const file = join(dir, keyFileName);
  loadKeys(dir, hybrid);
  const text = readFileSync(file, "utf8");
  const secret = (JSON.parse(text) as { author: { falcon: { secret: string } } }).author.falcon.secret;
  const damage = [
    text.replace('"hybrid"', '"ed25519"'),
    text.replace('"format": 2', '"format": 1'),
    text.replace('"falcon"', '"other"'),
    text.replace('"public"', '"publik"'),
    text.replace('"secret": "W', '"secret": "X'),
    text.replace('"public": "C', '"public": "D'),
    text.replace(secret, secret.slice(4)),
    text.replace(secret, `${secret.slice(0, -1)}=`),
  ];
  for (const damaged of damage) {
    expect(damaged).not.toBe(text);
    writeFileSync(file, damaged);
    const error = refusal(dir);
    expect(error.code).toBe("corrupt");
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret.slice(8, 80));
  }
});

test("no secret shows in the keys as text", () => {
  const dir = freshDir();
  const keys = loadKeys(dir, hybrid);
  const text = readFileSync(join(dir, keyFileName), "utf8");
  const secrets = [...text.matchAll(/"(?:seed|secret)": "([\w-]{40,})"/g)].map((match) => match[1] as string);
  expect(secrets.length).toBe(3);
  const shown = [JSON.stringify(keys), inspect(keys, { showHidden: true, depth: 9, maxArrayLength: null }), `${Object.values(keys)}`].join(
    "\n",
  );
  for (const secret of secrets) {
    const seed = Buffer.from(secret, "base64url");
    for (const form of [secret, seed.toString("hex"), seed.toString("base64"), [...seed].join(","), [...seed].join(", ")])
      expect(shown).not.toContain(form);
  }
});
