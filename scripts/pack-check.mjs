import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "./processes.mjs";

// Two clones of HEAD must build byte-identical packages, the second without a network; each package must satisfy
// publint and attw; all of them installed into an empty project must work.

const root = fileURLToPath(new URL("..", import.meta.url));
const rooms = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).workspaces;
const place = mkdtempSync(join(tmpdir(), "sinter-pack-"));
const nowhere = "http://127.0.0.1:9";
const offline = {
  npm_config_offline: "true",
  npm_config_registry: nowhere,
  HTTP_PROXY: nowhere,
  HTTPS_PROXY: nowhere,
  http_proxy: nowhere,
  https_proxy: nowhere,
};

async function packFrom(name, buildEnv) {
  const clone = join(place, name);
  const out = join(place, `${name}-packages`);
  mkdirSync(out);
  await must(`git clone --quiet --no-hardlinks ${JSON.stringify(root)} ${JSON.stringify(clone)}`, { cwd: place });
  await must("npm ci --prefer-offline --no-audit --no-fund", { cwd: clone });
  await must("npm run -s build", { cwd: clone, env: buildEnv });
  for (const room of rooms)
    await must(`npm pack --silent --pack-destination ${JSON.stringify(out)}`, { cwd: join(clone, room), env: buildEnv });
  return { clone, out, files: readdirSync(out).sort() };
}

function digests({ out, files }) {
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(out, file)))
        .digest("hex"),
    ]),
  );
}

async function holds(what, check) {
  await check();
  process.stdout.write(`ok: ${what}\n`);
}

async function smoke({ out, files }) {
  const project = join(place, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  writeFileSync(join(project, "smoke.mjs"), SMOKE);
  const tarballs = files.map((file) => JSON.stringify(join(out, file))).join(" ");
  await must(`npm install --prefer-offline --ignore-scripts --no-audit --no-fund ${tarballs}`, { cwd: project });
  await must("node smoke.mjs", { cwd: project });
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  const printed = await must("npx --no-install sinter --version", { cwd: project });
  if (!printed.includes(version)) throw new Error(`sinter --version printed ${printed}`);
}

const SMOKE = `
import { open } from "sinter";
import { rmSync } from "node:fs";
const peer = await open({ dir: "./smoke-data" });
try {
  const receipt = await peer.append("workspace/smoke", [{ payload: new TextEncoder().encode("hello") }]);
  if (!/^[0-9a-f]{64}$/.test(receipt.id(0))) throw new Error("no id: " + receipt.id(0));
} finally {
  await peer.close();
  rmSync("./smoke-data", { recursive: true, force: true });
}
`;

function inspect(first) {
  for (const file of first.files) {
    const names = first.listing[file];
    for (const needed of [
      "package/LICENSE",
      "package/README.md",
      "package/package.json",
      "package/dist/index.js",
      "package/dist/index.d.ts",
    ]) {
      if (!names.includes(needed)) throw new Error(`${file} lacks ${needed}`);
    }
    const odd = names.filter((name) => /\.(test|suite)\.|tsbuildinfo|(?<!\.d)\.ts$/.test(name));
    if (odd.length > 0) throw new Error(`${file} contains ${odd.join(", ")}`);
  }
}

try {
  const first = await packFrom("first", {});
  const second = await packFrom("second", offline);
  await holds("two clones pack byte-identical packages, the second built without a network", async () => {
    const [left, right] = [digests(first), digests(second)];
    if (JSON.stringify(left) !== JSON.stringify(right)) throw new Error(JSON.stringify({ left, right }, null, 2));
  });
  await holds("packages hold what they need and nothing else", async () => {
    first.listing = {};
    for (const file of first.files)
      first.listing[file] = (await must(`tar -tzf ${JSON.stringify(file)}`, { cwd: first.out })).trim().split("\n");
    inspect(first);
  });
  for (const file of first.files) {
    const tarball = JSON.stringify(join(first.out, file));
    await holds(`publint: ${file}`, () => must(`npx --no-install publint run ${tarball} --strict`, { cwd: root }));
    await holds(`attw: ${file}`, () => must(`npx --no-install attw ${tarball} --profile esm-only`, { cwd: root }));
  }
  await holds("installed into an empty project they work", () => smoke(first));
} finally {
  rmSync(place, { recursive: true, force: true });
}
