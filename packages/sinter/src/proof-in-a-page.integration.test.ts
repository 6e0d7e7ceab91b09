import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { build, type Rollup } from "vite";
import { expect, test } from "vitest";

// The code that the README of core gives for pages, as it stands there: bundled as pages are, and run where there is nothing
// of Node at all.

interface Shown {
  readonly seq?: number;
  readonly assurance?: string;
  readonly reason?: string;
}

const vectors = JSON.parse(readFileSync(new URL("../../../vectors/proof.json", import.meta.url), "utf8")) as {
  readonly proofs: readonly { readonly text: string; readonly shows: { readonly seq: number; readonly assurance: string } }[];
};

async function bundled(code: string): Promise<string> {
  const entry = fileURLToPath(new URL("page.js", import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "page" } },
    plugins: [
      {
        name: "page",
        enforce: "pre",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
  });
  const [{ output }] = result as Rollup.RollupOutput[] as [Rollup.RollupOutput];
  return output[0].code;
}

test("a proof is checked in a page, by what core's README says", { timeout: 60_000 }, async () => {
  const readme = readFileSync(new URL("../../core/README.md", import.meta.url), "utf8");
  const [, code] = /^```js\n([\s\S]*?)^```/m.exec(readme) ?? [];
  const script = await bundled(code as string);
  expect(script).not.toMatch(/\bnode:|\brequire\(/);
  // The library of types for Node alone does not name it.
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: object };
  const web = { TextEncoder, TextDecoder, WebAssembly };
  const page = runInNewContext(`${script};page`, web) as { shownBy(text: string): Shown; isProven(text: string): boolean };
  for (const { text, shows } of vectors.proofs) {
    expect(page.shownBy(text)).toMatchObject({ seq: shows.seq, assurance: shows.assurance });
    expect(page.isProven(text)).toBe(true);
    const at = text.length >> 1;
    const other = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
    expect(page.shownBy(other).reason).toEqual(expect.any(String));
    expect(page.isProven(other)).toBe(false);
  }
  expect(vectors.proofs.map(({ shows }) => shows.assurance)).toContain("hybrid");
});
