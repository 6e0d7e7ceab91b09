import { type Codec, type NewEvent, type Receipt, SinterError } from "@sinter/core";
import { Option } from "commander";
import { AppendWindow } from "../store/append-window.js";
import { withStore } from "../store/store-link.js";
import { eventLines } from "../terminal/event-lines.js";
import { countText, printable, shortId } from "../terminal/render.js";
import {
  type CommonFlags,
  type Context,
  checkSubject,
  dataDir,
  type Registry,
  refuseBroken,
  storeOptions,
  wholeNumber,
  withCommonFlags,
} from "./context.js";

interface AppendFlags extends CommonFlags {
  readonly kind?: number;
  readonly codec: Codec;
}

export function addAppend({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("append"))
    .summary("append events to a subject")
    .description(
      "Appends one event to a subject, or, without TEXT, one event per line of standard input: a payload is the line's bytes " +
        "without the newline, an empty line is an event of no bytes, a last line needs no newline. A payload is 16 MiB at most. " +
        "Returns once all are durable. Where there is no store yet it makes one, and says so.",
    )
    .argument("<subject>", "for example team/notes")
    .argument("[text]", "the payload")
    .option("--kind <n>", "the events' kind, 128 to 255 (default: 128)", wholeNumber(128, 255))
    .addOption(new Option("--codec <name>", "what the payload is said to be").choices(["raw", "cbor", "json", "protobuf"]).default("raw"))
    .addHelpText("after", "\nExamples:\n  sinter append team/notes 'meet at noon'\n  seq 1000 | sinter append team/numbers --json")
    .action((subject: string, text: string | undefined, flags: AppendFlags) => chosen(() => append(context, subject, text, flags)));
}

async function append(context: Context, subject: string, text: string | undefined, flags: AppendFlags): Promise<0 | 1> {
  const { io, output, progress, signal } = context;
  checkSubject(subject);
  if (text !== undefined) refuseBroken("TEXT", text, "Give the text on standard input.");
  const tally = new Tally(context, flags);
  const dir = dataDir(context, flags);
  const event = (payload: Uint8Array): NewEvent => ({
    payload,
    codec: flags.codec,
    ...(flags.kind === undefined ? {} : { kind: flags.kind }),
  });
  const appending = withStore(storeOptions(context, dir, { ifMissing: "create" }), async (store) => {
    const { held } = await store.current();
    if (held.by === "us" && held.made && !flags.json) progress.notice(`made a new store in ${printable(dir)}`);
    const window = new AppendWindow(store, subject, (receipt) => tally.add(receipt));
    try {
      if (text !== undefined) await window.add(event(Buffer.from(text)));
      else {
        if (io.stdin.isTTY) progress.remark("one event a line; Ctrl-D ends");
        for await (const lines of eventLines(io.stdin, signal)) {
          for (const line of lines) await window.add(event(line));
          await window.pause();
        }
      }
    } finally {
      await window.finish().finally(() => progress.clear());
    }
  });
  await tally.explained(appending);
  if (signal.aborted && text === undefined) {
    throw tally.explain(new SinterError("aborted", "interrupted before the end of the input", "Give the command again with the rest."));
  }
  if (!flags.json) await output.line(tally.summary(subject));
  await tally.explained(output.flush());
  return 0;
}

/** What has become durable so far. */
class Tally {
  readonly #context: Context;
  readonly #flags: AppendFlags;
  #last: { readonly seq: number; readonly id: string } | undefined;
  count = 0;

  constructor(context: Context, flags: AppendFlags) {
    this.#context = context;
    this.#flags = flags;
  }

  async add(receipt: Receipt): Promise<void> {
    const { author, epoch, count } = receipt;
    // They are durable, whether or not that can be told.
    this.#last = { seq: receipt.seq(count - 1), id: receipt.id(count - 1) };
    this.count += count;
    if (this.#flags.json) {
      for (let index = 0; index < count; index++) {
        await this.#context.output.json({ author, epoch, seq: receipt.seq(index), id: receipt.id(index) });
      }
    }
    this.#context.progress.show(`${countText(this.count, "event")} stored`);
  }

  /** A failure says what is stored all the same. */
  async explained(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      throw this.count > 0 && error instanceof SinterError ? this.explain(error) : error;
    });
  }

  explain(error: SinterError): SinterError {
    const { code, message, fix } = error;
    return new SinterError(code, `${message} (the first ${countText(this.count, "event")} of the input are stored)`, fix, { cause: error });
  }

  summary(subject: string): string {
    if (this.#last === undefined) return `no events to store in ${subject}`;
    const { seq, id } = this.#last;
    return this.count === 1
      ? `stored in ${subject} as seq ${seq}, id ${shortId(id)}`
      : `stored ${countText(this.count, "event")} in ${subject}, the last as seq ${seq}, id ${shortId(id)}`;
  }
}
