import { toHex } from "../bytes/hex.js";
import { definedNameCharsMax, elementBytesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import type { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { codecOf, type Element, type ElementCodec, json } from "./element-codec.js";
import type { Draws } from "./laws/draws.js";
import type { Circumstance, MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// Merge types of an application's own: a state, how an operation comes to it, and how two states are one. What is written here is
// put through the laws (laws/) before anything is folded by it.

/** What is known of an operation besides what it asks. */
export interface OperationPlace {
  /** No two operations have one, and every replica says the same. */
  readonly id: string;
  readonly stamp: { readonly wallMs: number; readonly counter: number };
  /** In hex. */
  readonly author: string;
}

/**
 * @typeParam State never changed in place
 */
export interface MergeDefinition<State, Operation, Value, Commands> {
  /** Small letters, digits and hyphens: "high-scores". */
  readonly name: string;
  /** Raised when the same operations come to another state than before. */
  readonly version: number;
  readonly operation: Element<Operation>;
  /** How states are bytes; as JSON, where left out. */
  readonly state?: Element<State>;
  readonly empty: State;
  /** The state with the operation in it. It may come in any order with others, each once. */
  apply(state: State, operation: Operation, at: OperationPlace): State;
  /** Of two states that each hold some of the operations, and some of them both: the state that holds all. */
  join(left: State, right: State): State;
  value(state: State): Value;
  /** Some operation, for the laws to be tried on. All that is not drawn from `draws` is always the same. */
  sample(draws: Draws): Operation;
  /** What an application writes by; one method `apply(operation)`, where left out. */
  readonly commands?: (send: (operation: Operation) => void) => Commands;
  /** `import.meta.url` of the module that exports the type: the laws are tried there, in a thread of its own. */
  readonly source: string;
}

export interface ApplyCommand<Operation> {
  apply(operation: Operation): void;
}

export interface DefinedItem<State> {
  state: State;
}

/** A merge type of an application's own, with what it was made of. */
export interface DefinedMerge<State, Operation, Value, Commands> extends MergeType<DefinedItem<State>, Operation, Value, Commands> {
  readonly definition: MergeDefinition<State, Operation, Value, Commands>;
}

/** Of whatever states and operations. */
export type AnyDefinedMerge = DefinedMerge<unknown, unknown, unknown, unknown>;

export function defineMerge<State, Operation, Value, Commands = ApplyCommand<Operation>>(
  definition: MergeDefinition<State, Operation, Value, Commands>,
): DefinedMerge<State, Operation, Value, Commands> {
  const { name, version, empty } = definition;
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > definedNameCharsMax)
    throw new RangeError(`a type's name is up to ${definedNameCharsMax} small letters, digits and hyphens, not ${JSON.stringify(name)}`);
  if (!Number.isSafeInteger(version) || version < 0) throw new RangeError(`a type's version is a whole number from 0, not ${version}`);
  const operations = codecOf(definition.operation);
  const states = stateCodec(definition);
  const emptyBytes = states.encode(empty);
  return {
    definition,
    name: `custom(${name})`,
    version,
    keys: "one",
    retract: "refold",
    encodeOperation: (operation) => ({ kind: operationKinds.custom, payload: operations.encode(operation) }),
    decodeOperation(kind, payload) {
      return kind === operationKinds.custom
        ? operations.decode(payload)
        : new Malformed(`an operation of kind ${kind}, which ${name} does not have`);
    },
    keyOf: () => "",
    fresh: () => ({ state: empty }),
    apply(item, operation, at) {
      item.state = definition.apply(item.state, operation, placeOf(at));
    },
    join(item, from) {
      item.state = definition.join(item.state, from.state);
    },
    isBare: ({ state }) => state === empty || equalBytes(states.encode(state), emptyBytes),
    writeItem: (writer, { state }) => writer.prefixed(states.encode(state)),
    readItem: (reader) => ({ state: readState(reader, states, empty) }),
    value: (items) => definition.value(items.get("")?.state ?? empty),
    explain: () => ({ winners: [], losers: [] }),
    restore: () => undefined,
    commands: definition.commands ?? ((send) => ({ apply: send }) as Commands),
    keyText: () => "",
    keyFrom: () => "",
  };
}

function placeOf({ dot, lanes }: Circumstance): OperationPlace {
  const { lane, seq, operation, wallMs, counter } = dot;
  const writer = new Writer();
  lanes.write(writer, lane);
  return { id: `${toHex(writer.finish())}/${seq}/${operation}`, stamp: { wallMs, counter }, author: lanes.author(lane) };
}

function readState<State>(reader: Reader, states: ElementCodec<State>, empty: State): State {
  const bytes = reader.prefixed(elementBytesMax);
  const state = reader.failed ? empty : states.decode(bytes);
  if (!(state instanceof Malformed)) return state;
  reader.fail(state.reason);
  return empty;
}

export function stateCodec<State>({ state }: Pick<MergeDefinition<State, unknown, unknown, unknown>, "state">): ElementCodec<State> {
  return state === undefined ? (json as ElementCodec<State>) : codecOf(state);
}
