import { expect, test } from "vitest";
import { lockfiles } from "./lockfiles.js";

const npmrc = { path: ".npmrc", text: "save-exact=true\nomit-lockfile-registry-resolved=true\n" };
const lock = (packages: object) => ({ path: "package-lock.json", text: JSON.stringify({ packages }) });
const whatOf = (...sources: { path: string; text: string }[]) => lockfiles(sources).map(({ what }) => what);

test("versions and hashes pass, and so do links to our own folders", () => {
  const packages = {
    "node_modules/a": { version: "1.0.0", integrity: "sha512-x" },
    "node_modules/b": { resolved: "packages/b", link: true },
  };
  expect(whatOf(npmrc, lock(packages))).toEqual([]);
});

test("an address is found, of a registry, an archive or a repository, and also where a link has one", () => {
  for (const resolved of ["https://registry.example/a/-/a-1.0.0.tgz", "file:../a.tgz", "git+ssh://git@example/a.git"]) {
    expect(whatOf(npmrc, lock({ "node_modules/a": { resolved } }))).toEqual([
      expect.stringContaining("node_modules/a has a download address"),
    ]);
    expect(whatOf(npmrc, lock({ "node_modules/a": { resolved, link: true } }))).toHaveLength(1);
  }
});

test("each lockfile has an .npmrc beside it that keeps addresses out", () => {
  expect(whatOf(lock({}))).toEqual([expect.stringContaining("does not omit addresses")]);
  expect(whatOf({ ...npmrc, text: "#omit-lockfile-registry-resolved=true\n" }, lock({}))).toHaveLength(1);
  expect(whatOf(npmrc, { ...lock({}), path: "bench/peers/package-lock.json" })).toHaveLength(1);
});
