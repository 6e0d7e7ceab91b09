import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type OpenOptions, open } from "./open.js";
import { dataFileName } from "./store-lock.js";

// A bit of a replica's disk is another than it was: that is found, told, and mended by what another replica holds.

let dir: string;
const open_: Peer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "quarantine-"));
});

afterEach(async () => {
  for (const peer of open_.splice(0)) await peer.close();
  rmSync(dir, { recursive: true });
});

async function peer(name: string, options: Omit<OpenOptions, "dir"> = {}): Promise<Peer> {
  const opened = await open({ dir: join(dir, name), control: "none", sync: { intervalMs: 100 }, ...options });
  open_.push(opened);
  return opened;
}

const EVENTS = 3_000;
const subject = "team/log";
const textOf = (number: number) => `event ${number} of many, in so many words that it takes some room on a disk`;

async function textsOf(of: Peer): Promise<string[]> {
  const texts: string[] = [];
  for await (const { payload } of of.events(subject)) texts.push(new TextDecoder().decode(payload));
  return texts;
}

/** Some of the events, by the seed of this run, each of which loses a bit of what it says. */
function flipped(file: string, count: number): void {
  const bytes = readFileSync(file);
  for (let draw = 0; draw < count; draw++) {
    const number = createHash("sha256").update(`${process.env["SINTER_SEED"]} ${draw}`).digest().readUInt32BE() % EVENTS;
    const text = Buffer.from(textOf(number));
    // Pages that are written no more may still have it, too.
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      const place = at + (draw % text.length);
      bytes[place] = (bytes[place] as number) ^ (1 << (draw % 8));
    }
  }
  writeFileSync(file, bytes);
}

test.each(["who has it of others", "who wrote it"])(
  "bits flipped on the disk of %s are found, and come back from the other",
  async (who) => {
    const one = await peer("one", { invite: "new", listen: ["127.0.0.1:0"] });
    const invite = await one.invite();
    const other = await peer("other", { invite });
    const [writer, hurt] = who === "who wrote it" ? [other, other] : [one, other];
    const payloads = Array.from({ length: EVENTS }, (_, number) => ({ payload: new TextEncoder().encode(textOf(number)) }));
    for (let at = 0; at < EVENTS; at += 100) await writer.append(subject, payloads.slice(at, at + 100));
    const { root } = await writer.status();
    await vi.waitFor(async () => expect([(await one.status()).root, (await other.status()).root]).toEqual([root, root]), {
      timeout: 20_000,
    });
    await hurt.close();
    flipped(join(dir, "other", dataFileName), 20);

    const again = await peer("other", { join: [invite] });
    await expect(textsOf(again)).rejects.toMatchObject({ code: "corrupt" });
    expect(await again.audit()).toMatchObject({ ok: false });
    await vi.waitFor(async () => expect((await again.status()).links).toMatchObject([{ state: "in sync" }]), { timeout: 20_000 });
    expect(await again.audit()).toMatchObject({ ok: true, problems: [] });
    expect(await textsOf(again)).toEqual(payloads.map((_, number) => textOf(number)));
    expect((await again.status()).root).toBe(root);
    expect(await one.audit()).toMatchObject({ ok: true });
  },
);
