import {
  type AnyMergeType,
  bytes,
  gSet,
  json,
  lwwMap,
  type MergeType,
  orMap,
  orSet,
  type Peer,
  pnCounter,
  record,
  register,
  removeWinsSet,
  text,
  toHex,
  type Write,
} from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";

// The subjects of a run, each read through a type of its own, and what can be told of them without folding.

/** Of one write. No two have the same number; of one number all say the same. */
export interface Draw {
  readonly number: number;
  readonly random: SeededRandom;
}

export function drawOf(random: SeededRandom, number: number): Draw {
  return { number, random: random.stream(`write ${number}`) };
}

/** A subject or a table that is open. */
export interface OpenView {
  write(draw: Draw): Write;
  /** The same at every replica that holds the same: a subject's encoded state, a table's root. */
  state(): Promise<string>;
  /** What an application reads; of a table all its rows. */
  value(): Promise<unknown>;
  /** Told whenever it is another, of a kind that has `shown`. */
  watch(told: (shown: ReadonlySet<string>) => void): void;
  /** Of a table: how many operations were ever asked for under a key. */
  logged?(key: string): number;
  close(): Promise<void>;
}

export interface ViewKind {
  readonly path: string;
  readonly type: AnyMergeType;
  readonly kept: "whole" | "some";
  open(peer: Peer): Promise<OpenView>;
  /** What a draw asks for. */
  asked(draw: Draw): readonly unknown[];
  /** What the operations that count come to, in their order: told by reading them one by one. */
  readonly plain?: (operations: readonly unknown[]) => unknown;
  /** It goes by who knew of what, which is told wrong of an author who writes two histories. */
  readonly plainOf?: "single histories" | undefined;
  /** What is in view of an operation as long as it counts. */
  readonly shown?: (operation: unknown) => string;
}

interface Told<Operation, Value> {
  readonly plain?: (operations: readonly Operation[]) => Value;
  readonly plainOf?: "single histories";
  readonly shown?: (operation: Operation) => string;
}

/** Keys and elements that are written again and again. */
export const words = ["a", "b", "c", "d"];
const wordOf = ({ random }: Draw) => random.pick(words);
/** Two bytes that no other write has. */
const stampOf = ({ number }: Draw) => Uint8Array.of(number >>> 8, number);
const rarely = ({ random }: Draw) => random.chance(0.25) === "yes";
const SECOND_RATE = 0.3;
const MANY_RATE = 0.01;
const MANY = 260;

/** One operation mostly, at times more, now and then very many. */
function times({ random }: Draw): number {
  return random.chance(MANY_RATE) === "yes" ? MANY : random.chance(SECOND_RATE) === "yes" ? 1 + random.below(3) : 1;
}

function subject<Item, Operation, Value, Commands>(
  path: string,
  type: MergeType<Item, Operation, Value, Commands>,
  call: (commands: Commands, draw: Draw) => void,
  told: Told<Operation, Value> = {},
): ViewKind {
  return {
    ...common(path, type, call, told),
    kept: "whole",
    open: async (peer) => {
      const open = await peer.subject(path, type as AnyMergeType<Value, Commands>);
      return {
        write: (draw) => open.change((commands) => call(commands, draw)),
        state: async () => toHex(open.encoded()),
        value: async () => open.value,
        watch: (tell) => void open.subscribe((value) => tell(value as ReadonlySet<string>)),
        close: () => open.close(),
      };
    },
  };
}

interface OpenTable<Commands> {
  change(make: (commands: Commands) => void): Write;
  scan(): AsyncIterable<readonly [string, unknown]>;
  history(key: string): readonly unknown[];
  root(): Promise<string>;
  close(): Promise<void>;
}

function table<Item, Operation, Value, Commands>(
  path: string,
  type: MergeType<Item, Operation, Value, Commands>,
  open: (peer: Peer) => Promise<OpenTable<Commands>>,
  call: (commands: Commands, draw: Draw) => void,
  told: Told<Operation, Value> = {},
): ViewKind {
  return {
    ...common(path, type, call, told),
    kept: "some",
    open: async (peer) => {
      const rows = await open(peer);
      return {
        write: (draw) => rows.change((commands) => call(commands, draw)),
        state: async () => await rows.root(),
        value: () => allOf(rows.scan()),
        watch: () => {},
        logged: (key) => rows.history(key).length,
        close: () => rows.close(),
      };
    },
  };
}

async function allOf(rows: AsyncIterable<readonly [string, unknown]>): Promise<ReadonlyMap<string, unknown>> {
  const all = new Map<string, unknown>();
  for await (const [key, value] of rows) all.set(key, value);
  return all;
}

function common<Item, Operation, Value, Commands>(
  path: string,
  type: MergeType<Item, Operation, Value, Commands>,
  call: (commands: Commands, draw: Draw) => void,
  { plain, plainOf, shown }: Told<Operation, Value>,
): Pick<ViewKind, "path" | "type" | "asked" | "plain" | "plainOf" | "shown"> {
  return {
    path,
    type: type as AnyMergeType,
    plainOf,
    asked: (draw) => {
      const sent: Operation[] = [];
      call(
        type.commands((operation) => sent.push(operation)),
        draw,
      );
      return sent;
    },
    ...(plain && { plain: (operations) => plain(operations as readonly Operation[]) }),
    ...(shown && { shown: (operation) => shown(operation as Operation) }),
  };
}

const grown = gSet(text);
const rows = lwwMap(bytes);

export const viewKinds: readonly ViewKind[] = [
  subject("s/votes", pnCounter(), (it, draw) => (rarely(draw) ? it.decrement(draw.number) : it.increment(draw.number)), {
    plain: (amounts) => amounts.reduce<number>((sum, by) => sum + Number(by), 0),
  }),
  subject("s/grown", grown, (it, draw) => it.add(`e${draw.number}`), {
    plain: (added) => new Set(added.map((operation) => grown.keyText(grown.keyOf(operation))).sort()),
    shown: (operation) => grown.keyText(grown.keyOf(operation)),
  }),
  subject("s/tags", orSet(text), (it, draw) => (rarely(draw) ? it.remove(wordOf(draw)) : it.add(wordOf(draw)))),
  subject("s/barred", removeWinsSet(text), (it, draw) => (rarely(draw) ? it.remove(wordOf(draw)) : it.add(wordOf(draw)))),
  subject("s/title", register(json), (it, draw) => it.set(draw.number), {
    plainOf: "single histories",
    plain: (values) => {
      const last = values.at(-1);
      return last && Number(String.fromCharCode(...last));
    },
  }),
  subject("s/card", record({ votes: pnCounter(), tags: orSet(text), title: register(text) }), (it, draw) => {
    for (let left = times(draw); left > 0; left--) {
      const field = draw.random.pick(["votes", "tags", "title"]);
      if (field === "votes") it.votes.increment(draw.number);
      else if (field === "title") it.title.set(`t${draw.number}`);
      else if (rarely(draw)) it.tags.remove(wordOf(draw));
      else it.tags.add(wordOf(draw));
    }
  }),
  subject("s/sums", orMap(pnCounter()), (it, draw) =>
    rarely(draw) ? it.delete(wordOf(draw)) : it.at(wordOf(draw)).increment(draw.number),
  ),
  table(
    "t/rows",
    rows,
    (peer) => peer.table("t/rows", bytes),
    (it, draw) => {
      for (let left = times(draw); left > 0; left--) {
        const key = `${wordOf(draw)}${left > 3 ? left : ""}`;
        if (rarely(draw)) it.delete(key);
        else it.set(key, stampOf(draw));
      }
    },
    {
      plainOf: "single histories",
      plain: (writes) => {
        const last = new Map<string, Uint8Array>();
        for (const write of writes) {
          const key = rows.keyText(rows.keyOf(write));
          if (write.value === undefined) last.delete(key);
          else last.set(key, write.value as Uint8Array);
        }
        return new Map([...last].sort(([left], [right]) => (left < right ? -1 : 1)));
      },
    },
  ),
  table(
    "t/tallies",
    orMap(pnCounter()),
    (peer) => peer.table("t/tallies", pnCounter()),
    (it, draw) => {
      for (let left = times(draw); left > 0; left--) {
        const key = `${wordOf(draw)}${left > 3 ? left : ""}`;
        if (rarely(draw)) it.delete(key);
        else it.at(key).increment(draw.number);
      }
    },
  ),
];
