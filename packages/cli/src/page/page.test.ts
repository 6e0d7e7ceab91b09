import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { page, pagePolicy } from "./html.js";
import { servePage } from "./server.js";

test("the page's own script and style are the only ones its policy lets run", () => {
  for (const tag of ["script", "style"]) {
    const text = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)?.[1] ?? "";
    expect(pagePolicy).toContain(`${tag}-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  }
});

test("a peer that cannot answer is told of, and many who ask at once ask it once", async () => {
  let asked = 0;
  let fail = (_: Error) => {};
  const served = await servePage({
    port: 0,
    status: () => {
      asked += 1;
      return new Promise((_, reject) => {
        fail = reject;
      });
    },
  });
  const asking = Promise.all([1, 2, 3].map(() => fetch(`${served.url}status.json`)));
  while (asked === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  fail(new Error("the peer has stopped"));
  const answers = await asking;
  expect(answers.map((answer) => answer.status)).toEqual([503, 503, 503]);
  expect(await answers[0].json()).toEqual({ error: "the peer has stopped" });
  await served.close();
});
