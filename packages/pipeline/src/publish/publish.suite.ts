import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { expect, test } from "vitest";
import { publishPieceBytes } from "../limits.js";
import type { Pieces } from "./contents.js";
import type { FileSystem } from "./file-system.js";
import { compareWithPublished, publish } from "./publish.js";

// What publishing does on any disk.

/** A directory on a disk, seen from outside. */
export interface Place {
  readonly files: FileSystem;
  readonly dir: string;
  put(name: string, text: string, mode?: number): void;
  link(name: string, leadsTo: string): void;
  /** What is no file and no directory. */
  other(name: string): void;
  text(name: string): string | undefined;
  /** Another one where another file stands, or where something was written. */
  identity(name: string): unknown;
  /** Reads the file that stands there now, later. */
  reader(name: string): () => string;
  names(): string[];
}

export const said = (...pieces: (string | Uint8Array)[]): Pieces => {
  return () => pieces;
};

/** SHA-256 of "new" and of nothing, as `sha256sum` prints them. */
const hashOfNew = "sha256:11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437";
const hashOfNothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export async function refusal(work: Promise<unknown>): Promise<SinterError> {
  const error = await work.then(
    (answer) => expect.fail(`no refusal: ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SinterError);
  return error as SinterError;
}

export function publishingIsSound(kind: string, newPlace: () => Place): void {
  const inPlace = (what: string, run: (place: Place, doc: string) => Promise<void>) =>
    test(`on a ${kind} disk ${what}`, async () => {
      const place = newPlace();
      await run(place, join(place.dir, "doc.json"));
    });
  documents(inPlace);
  targets(inPlace);
}

type InPlace = (what: string, run: (place: Place, doc: string) => Promise<void>) => void;

function documents(inPlace: InPlace): void {
  inPlace("a document is published, and then is what the file holds", async ({ files, ...place }, doc) => {
    expect(await publish(doc, said("n", "ew"), { files })).toEqual({ published: true, hash: hashOfNew });
    expect([place.text("doc.json"), place.names()]).toEqual(["new", ["doc.json"]]);
    expect(await compareWithPublished(doc, said("new"), { files })).toEqual({ same: true, hash: hashOfNew });
  });

  inPlace("it takes the place of the one before, whose readers go on reading that", async ({ files, ...place }, doc) => {
    place.put("doc.json", "the one before");
    const read = place.reader("doc.json");
    expect(await compareWithPublished(doc, said("new"), { files })).toEqual({ same: false, hash: hashOfNew });
    expect(await publish(doc, said("new"), { files })).toEqual({ published: true, hash: hashOfNew });
    expect([place.text("doc.json"), read(), place.names()]).toEqual(["new", "the one before", ["doc.json"]]);
  });

  inPlace("bytes that are there are not published again", async ({ files, ...place }, doc) => {
    place.put("doc.json", "new");
    const before = place.identity("doc.json");
    expect(await publish(doc, said("ne", "w"), { files })).toEqual({ published: false, hash: hashOfNew });
    expect([place.identity("doc.json"), place.names()]).toEqual([before, ["doc.json"]]);
  });

  for (const before of ["", "ne", "news", "neu", "new\n"]) {
    inPlace(`${JSON.stringify(before)} is not "new"`, async ({ files, ...place }, doc) => {
      place.put("doc.json", before);
      expect((await compareWithPublished(doc, said("new"), { files })).same).toBe(false);
      expect(await publish(doc, said("new"), { files })).toEqual({ published: true, hash: hashOfNew });
      expect(place.text("doc.json")).toBe("new");
    });
  }

  inPlace("a document of nothing is one as well", async ({ files, ...place }, doc) => {
    expect(await publish(doc, said(), { files })).toEqual({ published: true, hash: hashOfNothing });
    expect(await publish(doc, said(""), { files })).toEqual({ published: false, hash: hashOfNothing });
    expect(place.text("doc.json")).toBe("");
  });

  inPlace("pieces of any size make the same file, with every character whole", async ({ files, ...place }, doc) => {
    const text = `-${"\u{1f600}é".repeat(publishPieceBytes)}`;
    const { hash } = await publish(doc, said(text), { files });
    expect(place.text("doc.json")).toBe(text);
    const bytes = Buffer.from(text);
    expect(await publish(doc, said(bytes), { files })).toEqual({ published: false, hash });
    expect(await compareWithPublished(doc, said(bytes.subarray(0, 7), bytes.subarray(7)), { files })).toEqual({ same: true, hash });
  });

  inPlace("a piece that ends within a character is none", async ({ files, ...place }, doc) => {
    place.put("doc.json", "old");
    await expect(publish(doc, said("ol", "d\ud83d", "\ude00"), { files })).rejects.toThrow("ends within a character");
    expect([place.text("doc.json"), place.names()]).toEqual(["old", ["doc.json"]]);
  });

  inPlace("a document that fails on its way is not published", async ({ files, ...place }, doc) => {
    place.put("doc.json", "old");
    const tooLong = Object.assign(new RangeError("no more of it"), { code: "ERR_STRING_TOO_LONG" });
    const failing = function* () {
      yield "new";
      throw tooLong;
    };
    await expect(publish(doc, failing, { files })).rejects.toBe(tooLong);
    expect([place.text("doc.json"), place.names()]).toEqual(["old", ["doc.json"]]);
  });
}

function targets(inPlace: InPlace): void {
  inPlace("a file's permissions stay", async ({ files, ...place }, doc) => {
    place.put("doc.json", "old", 0o640);
    await publish(doc, said("new"), { files });
    expect([place.text("doc.json"), (await files.look(doc))?.permissions.mode]).toEqual(["new", 0o640]);
  });

  inPlace("links stay, and lead to the new document", async ({ files, ...place }, doc) => {
    place.put("release-1.json", "old");
    place.link("current.json", "release-1.json");
    place.link("doc.json", join(place.dir, "current.json"));
    expect(await publish(doc, said("new"), { files })).toEqual({ published: true, hash: hashOfNew });
    expect(await publish(doc, said("new"), { files })).toEqual({ published: false, hash: hashOfNew });
    expect((await files.look(doc))?.kind).toBe("link");
    expect([place.text("release-1.json"), place.names()]).toEqual(["new", ["current.json", "doc.json", "release-1.json"]]);
  });

  inPlace("a link that leads to nothing yet gets its document", async ({ files, ...place }, doc) => {
    place.link("doc.json", "release-2.json");
    await publish(doc, said("new"), { files });
    expect([place.text("release-2.json"), place.names()]).toEqual(["new", ["doc.json", "release-2.json"]]);
  });

  inPlace("links in a circle are refused", async ({ files, ...place }, doc) => {
    place.link("doc.json", "other.json");
    place.link("other.json", "doc.json");
    const { code, message, fix } = await refusal(publish(doc, said("new"), { files }));
    expect([code, message]).toEqual(["usage", `${doc} is a link that leads in a circle`]);
    expect(fix).toBe("Name the file itself, or remove the link.");
  });

  inPlace("a directory is no target", async ({ files, dir, ...place }) => {
    const { code, message, fix } = await refusal(publish(dir, said("new"), { files }));
    expect([code, message, fix]).toEqual(["exists", `${dir} is a directory`, "Name a file for the document."]);
    expect(place.names()).toEqual([]);
  });

  inPlace("what is no file keeps its place", async ({ files, ...place }, doc) => {
    place.other("doc.json");
    const { code, message } = await refusal(publish(doc, said("new"), { files }));
    expect([code, message, place.names()]).toEqual(["exists", `${doc} is no file`, ["doc.json"]]);
  });

  inPlace("a directory that is not there is not made", async ({ files, dir, ...place }) => {
    const { code, message, fix } = await refusal(publish(join(dir, "not", "doc.json"), said("new"), { files }));
    expect([code, message]).toEqual(["not-found", `${join(dir, "not")} is no directory (ENOENT)`]);
    expect([fix, place.names()]).toEqual(["Make it first, or name another place.", []]);
  });

  inPlace("called off, it leaves what was there, and nothing else", async ({ files, ...place }, doc) => {
    place.put("doc.json", "old");
    const calling = new AbortController();
    const endless = function* () {
      for (let piece = 1; ; piece++) {
        yield "more of it ";
        if (piece === 5) calling.abort();
      }
    };
    const { code } = await refusal(publish(doc, endless, { files, signal: calling.signal }));
    expect([code, place.text("doc.json"), place.names()]).toEqual(["aborted", "old", ["doc.json"]]);
    await refusal(compareWithPublished(doc, endless, { files, signal: calling.signal }));
  });
}
