import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { subjectId } from "../../identity/ids.js";
import { decodeRedaction, systemKinds } from "../event/event.js";
import { holds } from "../rig/absent-lane.suite.js";
import { audited } from "../rig/audited-store.suite.js";
import { hasher, network, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { append, copyOf, events, exchange, later, pass, run, texts, twinsMax } from "../rig/twins.suite.js";
import { eventsInOrder, type StoredEvent } from "./subject-reader.js";

// Stores of one author that are copied, cloned and put back while they write and redact, and replicas that meet them in any order.
// In the end all meet, and what any disk still knows to be redacted is in no byte of any of them.

const subject = subjectId(hasher, network, pathOf("s"));

type Step =
  | { readonly kind: "append" | "copy" | "clone" | "keep" | "put back"; readonly twin: number }
  | { readonly kind: "pass"; readonly from: number; readonly to: number }
  | { readonly kind: "redact"; readonly twin: number; readonly which: number };

const one = fc.nat({ max: 7 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("append" as const), twin: one }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("pass" as const), from: one, to: one }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("redact" as const), twin: one, which: fc.nat({ max: 40 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("copy" as const, "clone" as const, "keep" as const, "put back" as const),
      twin: one,
    }),
  },
);

/** All that lies in a store, whether or not it counts. */
function lying(rig: Rig): StoredEvent[] {
  const spans = [...rig.view.lanes(subject)].map((entry) => ({ entry, next: 1, end: 1 + (rig.view.head(entry.number)?.size ?? 0) }));
  return [...eventsInOrder(rig.view, hasher, subject, spans)];
}

class World {
  readonly twins: Rig[] = [new Rig()];
  readonly #replicas = [new Rig({ author: 2, instance: 102 }), new Rig({ author: 3, instance: 103 })];
  /** What was taken back at any time, by the id under which it was first said. */
  readonly #redacted = new Map<string, string>();
  readonly #kept: Rig[] = [];
  #count = 0;
  #instances = 1;

  get all(): readonly Rig[] {
    return [...this.twins, ...this.#replicas];
  }

  run(step: Step): void {
    const at = "twin" in step ? step.twin % this.twins.length : 0;
    const twin = this.twins[at] as Rig;
    switch (step.kind) {
      case "append":
        return void append(twin, `event number ${++this.#count}.`);
      case "pass": {
        const [from, to] = [this.all[step.from % this.all.length] as Rig, this.all[step.to % this.all.length] as Rig];
        return from === to ? undefined : pass(from, to);
      }
      case "redact":
        return this.#redact(twin, step.which);
      case "copy":
        if (this.twins.length < twinsMax) this.twins.push(new Rig({ keys: copyOf(twin), instance: ++this.#instances }));
        return;
      case "clone":
        if (this.twins.length < twinsMax) this.twins.push(new Rig({ keys: copyOf(twin) }));
        return;
      case "keep":
        return void (this.#kept[at] = new Rig({ keys: copyOf(twin) }));
      case "put back": {
        const kept = this.#kept[at];
        if (kept !== undefined) this.twins[at] = new Rig({ keys: copyOf(kept) });
        return;
      }
    }
  }

  #redact(twin: Rig, which: number): void {
    const said = events(twin).flatMap(({ payload, ...event }) => (typeof payload === "string" ? [] : [{ ...event, payload }]));
    const event = said[which % said.length];
    const lane = event && twin.view.laneNumber(subject, event.author, event.epoch);
    if (event === undefined || lane === undefined) return;
    later(twin);
    run(twin, { kind: "redact", token: 5, lane, seq: event.seq });
    this.#redacted.set(toHex(event.origin?.id ?? event.id), new TextDecoder().decode(event.payload));
  }

  /** What some disk still knows to be redacted. */
  get redacted(): ReadonlySet<string> {
    const texts = new Set<string>();
    for (const { kind, payload } of this.all.flatMap(lying)) {
      const redaction = kind === systemKinds.redacted ? decodeRedaction(payload as Uint8Array) : undefined;
      const text = redaction && "id" in redaction ? this.#redacted.get(toHex(redaction.id)) : undefined;
      if (text !== undefined) texts.add(text);
    }
    return texts;
  }
}

test("whatever becomes of an author's stores, what one of them took back is in none in the end, and all are told the same", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40 }), (steps) => {
      const world = new World();
      for (const step of steps) world.run(step);
      const { redacted } = world;
      exchange(...world.all);
      const [first, ...rest] = world.all.map(texts) as [string[], ...string[][]];
      for (const other of rest) expect(other).toEqual(first);
      expect(first).not.toContain("(wanted)");
      for (const text of redacted) expect(world.all.map((rig) => holds(rig, text))).not.toContain(true);
      for (const rig of world.all) expect(audited(rig.keys).problems).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
