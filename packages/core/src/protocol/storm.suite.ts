import fc from "fast-check";
import { expect } from "vitest";
import { turnsUnflushedMax } from "../bytes/limits.js";
import type { Batch } from "./key-space.js";
import type { StoreFailure } from "./ports.js";
import type { MessageClass, PeerId } from "./protocol.js";
import { ann, bob, cid, ToyDriver, tags } from "./toy-driver.suite.js";
import { lineKey, lineRange, linesIn, toyFrame } from "./toy-protocols.suite.js";

// Everything at once, in any order, with faults; and what must hold through all of it.

type Failing = "none" | StoreFailure["outcome"];

const peer = fc.constantFrom(ann, bob, cid);
const timer = fc.constantFrom("tea", "eggs");

const harmless = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("add" as const), bytes: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 400_000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("list" as const, "peek" as const, "touch" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remind" as const), timer, delayMs: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), timer }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("work" as const), job: fc.constantFrom("a", "b") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("tell" as const), to: peer, text: fc.constant("hello") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), peer }) },
);
const harmful = fc.record({ kind: fc.constantFrom("explode" as const, "spoil" as const, "hasty" as const) });

const deed = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant("tell" as const), command: harmless }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tell" as const), command: harmful }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("ping" as const), to: peer }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("link" as const, "link" as const, "unlink" as const), peer }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom("line" as const, "load" as const, "pinged" as const), peer }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("bad" as const, "spoil" as const, "malformed" as const, "misclassed" as const), peer }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constant("tick" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constantFrom("flush" as const, "show" as const), count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("fail" as const), outcome: fc.constantFrom("not written" as const, "unknown" as const) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 10, 30_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("finish" as const), at: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("chain" as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("fill disk" as const, "free disk" as const) }) },
);

/** How a run ends: of itself, by `stop` (asked from where), or by an application that throws. */
const end = fc.constantFrom("rest", "stop", "stop in a notice", "stop in a loss", "throw in a notice", "throw in a loss");

export const storms = fc.record({
  deeds: fc.array(deed, { minLength: 20, maxLength: 200, size: "max" }),
  end,
  endAt: fc.nat({ max: 200 }),
});

type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;
type End = typeof end extends fc.Arbitrary<infer E> ? E : never;

export class Storm {
  readonly toy = new ToyDriver();
  readonly #end: End;
  /** What the credit of a link should come to: what it was when it opened, and the bulk bytes that came in since. */
  readonly #bulk = new Map<PeerId, number>();
  readonly #endAt: number;
  /** Commits there are now, and all begun before the driver has recovered, fail like this. */
  #failing: Failing = "none";
  #chain = 0;
  #number = 0;
  #stops = 0;
  #asked = 0;
  #due = false;
  readonly wrong: string[] = [];

  constructor(how: End, endAt: number) {
    this.#end = how;
    this.#endAt = endAt;
    const { toy } = this;
    toy.ports.store.check = (batch) => this.#checkBatch(batch);
    toy.whenNotified = (notice) => {
      if (notice.kind === "answer") this.#checkAnswer(notice);
      if (this.#chain-- > 0) toy.add(1);
      this.#happen("notice");
    };
    toy.whenDropped = () => {
      if (this.#chain-- > 0) toy.add(1);
      this.#happen("loss");
    };
    toy.driver.start();
  }

  run(deeds: readonly Deed[]): void {
    for (const [at, each] of deeds.entries()) {
      if (at === this.#endAt) this.#due = true;
      if (this.#due && this.#end === "stop") this.#stop();
      this.#outside(() => this.#do(each));
    }
    this.#chain = 0;
    if (this.#end === "throw in a notice" || this.#end === "throw in a loss") this.#due = false;
    for (let round = 0; this.toy.ports.scheduler.waiting + this.toy.ports.store.commits.length > 0; round++) {
      if (round > 10_000) throw new Error("it never comes to rest");
      this.#outside(() => this.toy.settle());
      this.#outside(() => this.#flush(1));
    }
    this.#checkCredits();
    this.#stop();
  }

  /** Throws of the application come out of a halt; nothing else may. */
  #outside(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof Error && error.message === "the application threw")) throw error;
      if (this.toy.halts.length === 0) this.wrong.push("a throw of the application, and no halt");
    }
  }

  #happen(where: "notice" | "loss"): void {
    if (!this.#due) return;
    if (this.#end === `stop in a ${where}`) this.#stop();
    if (this.#end === `throw in a ${where}`) throw new Error("the application threw");
  }

  #stop(): void {
    this.#asked++;
    this.toy.driver.stop(() => {
      this.#stops++;
      if (this.unanswered.length > 0) this.wrong.push("stopped before all was answered");
      if (this.toy.ports.store.commits.length > 0 && this.toy.halts.length === 0) this.wrong.push("stopped before all was flushed");
    });
  }

  #do(each: Deed): void {
    const { toy } = this;
    switch (each.do) {
      case "tell":
        return void toy.tell(each.command);
      case "ping":
        return void toy.tellPinger({ kind: "ping", to: each.to });
      case "link":
        if (!this.#linked(each.peer)) this.#bulk.set(each.peer, toy.ports.transport.credits.get(each.peer) ?? 0);
        return toy.link(each.peer);
      case "unlink":
        return toy.unlink(each.peer);
      case "tick":
        for (let count = 0; count < each.count; count++) toy.ports.scheduler.tick();
        return;
      case "flush":
        return this.#flush(each.count);
      case "show":
        return this.#failing === "none" ? toy.ports.store.show(each.count) : undefined;
      case "fail":
        if (toy.ports.store.commits.length > 0) this.#failing = each.outcome;
        return;
      case "wait":
        return toy.ports.clock.advance(each.ms);
      case "finish":
        return toy.ports.compute.finish({ kind: "done", result: "r" }, each.at);
      case "chain":
        this.#chain = each.count;
        return;
      case "fill disk":
      case "free disk":
        toy.ports.store.room = each.do === "fill disk" ? 0 : 1_000_000;
        return;
      default:
        return this.#arrive(each.do, each.peer);
    }
  }

  /** Once a commit fails, those behind it fail as well. */
  #flush(count: number): void {
    const { store } = this.toy.ports;
    for (let left = count; left > 0 && store.commits.length > 0; left--) {
      if (this.#failing === "none") store.flush(1);
      else {
        const failure = { reason: "a storm", outcome: this.#failing };
        if (store.commits.length === 1) this.#failing = "none";
        store.failOne(failure);
      }
    }
  }

  #linked(from: PeerId): boolean {
    return (this.toy.state["links"] as string[]).includes(from);
  }

  #arrive(what: "line" | "load" | "pinged" | "bad" | "spoil" | "malformed" | "misclassed", from: PeerId): void {
    const number = this.#number++;
    const messages = {
      line: [tags.ledger, { kind: "line", text: `${from} line ${number}` }, "control"],
      load: [tags.ledger, { kind: "load", text: `${from} load ${number}` }, "bulk"],
      pinged: [tags.pinger, { kind: "ping", number }, "control"],
      bad: [tags.ledger, { kind: "line", text: "bad" }, "control"],
      spoil: [tags.ledger, { kind: "load", text: "spoil" }, "bulk"],
      malformed: [tags.ledger, { kind: "nonsense" }, "control"],
      misclassed: [tags.pinger, { kind: "ping", number }, "bulk"],
    } satisfies Record<string, [number, unknown, MessageClass]>;
    const [tag, message, messageClass] = messages[what];
    if (messageClass === "bulk" && this.#linked(from)) {
      this.#bulk.set(from, (this.#bulk.get(from) ?? 0) + toyFrame(tag, message).length);
    }
    this.toy.arrive(from, tag, message, messageClass as MessageClass);
  }

  // --- what must hold ---

  get unanswered(): number[] {
    return [...this.toy.answers].filter(([, answers]) => answers.length === 0).map(([id]) => id);
  }

  /** What a line says, less its filling. */
  get #lines(): string[] {
    return linesIn(this.toy.ports.store.onDisk).map((line) => line.replace(/^x+/, ""));
  }

  #checkBatch(batch: Batch): void {
    const lines = batch.filter(([key]) => key[0] === 1).length;
    const seals = batch.filter(([key]) => key[0] === 2).map(([, value]) => new TextDecoder().decode(value));
    if (seals.join() !== (lines === 0 ? "" : `${lines}`)) this.wrong.push(`${lines} lines under seals of ${seals.join()}`);
    if (this.toy.ports.store.commits.length >= 2 * turnsUnflushedMax) this.wrong.push("too many turns unflushed");
  }

  #checkAnswer({ id, to, lines }: { readonly id: number; readonly to: string; readonly lines: number }): void {
    const { onDisk } = this.toy.ports.store;
    if (to === "add" && lines > 0) {
      const end = new TextDecoder().decode(onDisk.get(lineKey(lines - 1))?.subarray(-8)).replace(/^x+/, "");
      if (end !== `${id}`) this.wrong.push(`${id} is said to be line ${lines}, and on disk there is: ${end}`);
    }
    if (to === "list" && [...onDisk.range(lineRange)].length < lines) this.wrong.push(`${lines} lines read, and not on disk`);
  }

  /** What came in on a link is given back, to the byte, once all of it was stepped. */
  #checkCredits(): void {
    if (this.toy.state["state"] !== "running") return;
    for (const from of this.toy.state["links"] as PeerId[]) {
      const credit = this.toy.ports.transport.credits.get(from) ?? 0;
      if (credit !== this.#bulk.get(from)) this.wrong.push(`${from} was given ${credit} and not ${this.#bulk.get(from)}`);
    }
  }

  check(): void {
    const { toy } = this;
    expect(this.wrong).toEqual([]);
    expect(toy.faults).toEqual([]);
    expect([...toy.answers].filter(([, answers]) => answers.length !== 1)).toEqual([]);
    expect(this.#stops).toBe(this.#asked);
    const lines = this.#lines;
    expect(new Set(lines).size).toBe(lines.length);
    const commands = lines.filter((line) => /^\d+$/.test(line)).map(Number);
    expect(commands).toEqual([...commands].sort((left, right) => left - right));
    for (const lane of [ann, bob, cid].flatMap((from) => [`${from} line`, `${from} load`])) {
      const numbers = lines.filter((line) => line.startsWith(lane)).map((line) => Number(line.split(" ")[2]));
      expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
    }
    for (const id of commands) expect(toy.answersTo(id)).not.toEqual(["not written"]);
    for (const [id, [answer]] of toy.answers) if (/^add [1-9]/.test(answer as string)) expect(commands).toContain(id);
  }
}
