import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { Filling, guarded, placeFor, refuseOpenToOthers, refuseWithoutRoom, withFile, withNewFile } from "./new-directory.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sinter-new-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: as the system says it`), { code }));

test("a place is free or empty, or it is refused and left as it is", async () => {
  expect(await placeFor("store", join(folder, "new"))).toBe("none");
  expect(await placeFor("store", folder)).toBe("empty");
  writeFileSync(join(folder, "file"), "mine");
  symlinkSync(join(folder, "nowhere"), join(folder, "link"));
  await expect(placeFor("backup", folder)).rejects.toMatchObject({ code: "exists", message: `${folder} is not empty: file, link` });
  await expect(placeFor("backup", join(folder, "file"))).rejects.toMatchObject({ code: "exists" });
  await expect(placeFor("backup", join(folder, "file", "below"))).rejects.toMatchObject({ code: "not-found" });
  await expect(placeFor("backup", join(folder, "missing", "below"))).rejects.toMatchObject({ code: "not-found" });
  expect(readdirSync(folder)).toEqual(["file", "link"]);
});

test("a filling that is completed has its files, for its owner alone", async () => {
  const filling = await Filling.begin(join(folder, "new"));
  await filling.newFile("data", (file) => file.writeFile("abc"));
  await filling.complete("last", "all there\n");
  expect(readdirSync(filling.dir).sort()).toEqual(["data", "last"]);
  expect(readFileSync(join(filling.dir, "last"), "utf8")).toBe("all there\n");
  expect(statSync(filling.dir).mode & 0o777).toBe(0o700);
  for (const name of ["data", "last"]) expect(statSync(join(filling.dir, name)).mode & 0o777).toBe(0o600);
});

test("undone, it takes away what it made and nothing that another made", async () => {
  const [alone, first] = [await Filling.begin(join(folder, "new")), await Filling.begin(folderIn("empty"))];
  const second = await Filling.begin(first.dir);
  for (const each of [alone, first]) await each.newFile("data", (file) => file.writeFile("abc"));
  await expect(second.newFile("data", (file) => file.writeFile("other"))).rejects.toMatchObject({ code: "exists" });
  await second.undo();
  expect(readFileSync(join(first.dir, "data"), "utf8")).toBe("abc");
  await first.undo();
  await alone.undo();
  expect([existsSync(alone.dir), readdirSync(first.dir)]).toEqual([false, []]);
});

function folderIn(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

test("what the system says becomes something to act on", async () => {
  const codes = { ENOSPC: "disk-full", EDQUOT: "disk-full", EFBIG: "disk-full", EACCES: "permission", EROFS: "permission" };
  for (const [code, expected] of Object.entries({ ...codes, EBUSY: "exists", ENOTEMPTY: "exists", EIO: "internal" }))
    await expect(guarded("place", failing(code))).rejects.toMatchObject({ code: expected, fix: expect.stringMatching(/^[A-Z].+\.$/) });
  await expect(withNewFile(join(folder, "full"), failing("ENOSPC"))).rejects.toMatchObject({
    code: "disk-full",
    message: `${join(folder, "full")} has no room for it (ENOSPC)`,
  });
  await expect(withFile(join(folder, "missing"), failing("EIO"))).rejects.toMatchObject({ code: "not-found" });
  await expect(guarded("place", () => Promise.reject(new TypeError("a bug")))).rejects.toThrow(TypeError);
});

test("too little room is told before anything is copied", async () => {
  await refuseWithoutRoom(folder, 1, folder);
  await expect(refuseWithoutRoom(folder, 2 ** 60, folder)).rejects.toMatchObject({ code: "disk-full" });
});

test("secrets are not put where others read them", async () => {
  const path = join(folder, "keys");
  writeFileSync(path, "secret", { mode: 0o600 });
  await withFile(path, (file) => refuseOpenToOthers(file, path));
  chmodSync(path, 0o644);
  await expect(withFile(path, (file) => refuseOpenToOthers(file, path))).rejects.toMatchObject({ code: "permission" });
});
