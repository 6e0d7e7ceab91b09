import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { SinterError } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { keyFileName, loadKeys } from "./key-file.js";

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
  writeFileSync(file, text.replace('"format": 1', '"format": 2'));
  expect(refusal(dir).code).toBe("wrong-store");
});

test("no secret shows in the keys as text", () => {
  const dir = freshDir();
  const keys = loadKeys(dir, { missing: "create" });
  const secrets = [...readFileSync(join(dir, keyFileName), "utf8").matchAll(/"seed": "([^"]+)"/g)].map((match) => match[1] as string);
  const shown = [JSON.stringify(keys), inspect(keys, { showHidden: true, depth: 9, maxArrayLength: null }), `${Object.values(keys)}`].join(
    "\n",
  );
  for (const secret of secrets) {
    const seed = Buffer.from(secret, "base64url");
    for (const form of [secret, seed.toString("hex"), seed.toString("base64"), [...seed].join(","), [...seed].join(", ")])
      expect(shown).not.toContain(form);
  }
});
