import { isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { lensOf, type NamedLens } from "../feed/lane/lens.js";
import type { NewParts } from "../feed/write/open-lane.js";
import type { Hasher } from "../identity/crypto.js";
import { type AuthorId, type NetworkId, subjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { typeNamed } from "../merge/catalogue.js";
import type { Element } from "../merge/element-codec.js";
import { type LwwMapCommands, lwwMap } from "../merge/lww-map.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { type OrMapCommands, orMap } from "../merge/or-map.js";
import { noType } from "./command-call.js";
import type { DescribedSubjects } from "./described-api.js";
import { DescribedPeer } from "./described-subjects.js";
import type { EventRecord, ReadOptions, Receipt } from "./event-api.js";
import type { AppendExtra } from "./feed-calls.js";
import { currentOrClosed } from "./kept-open.js";
import { LiveSubject } from "./live-subject.js";
import { readably } from "./readable.js";
import { type LawCheck, RegisteredTypes } from "./registered-types.js";
import { SinterError } from "./sinter-error.js";
import type { Subject, SubjectOptions, Written } from "./subject-api.js";
import type { ReachedPeers, SubjectParts } from "./subject-parts.js";
import type { SubjectLinks } from "./subject-status.js";
import { LiveTable, type PutCommands, type Table } from "./table.js";
import { Views, type ViewsParts } from "./views.js";
import { written } from "./written.js";

export interface SubjectsParts extends ViewsParts {
  readonly network: NetworkId;
  readonly author: AuthorId;
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly append: (path: SubjectPath, parts: NewParts, extra: AppendExtra) => Promise<Receipt>;
  readonly reached: ReachedPeers;
  readonly linked: (path: SubjectPath) => Promise<SubjectLinks>;
  readonly events: (path: SubjectPath, options: ReadOptions) => AsyncIterable<EventRecord>;
  readonly ended: () => SinterError | undefined;
  /** What `read` finds, once all of it is on disk. */
  readonly durable: <T>(read: () => T) => Promise<T>;
  /** A path as it was typed; throws where it is none, or the peer has ended. */
  readonly pathOf: (text: string) => SubjectPath;
  readonly laws: LawCheck | undefined;
}

/** Subjects as applications open them. */
export class Subjects {
  readonly views: Views;
  /** By the names of their types. */
  readonly described: DescribedSubjects;
  readonly #parts: SubjectsParts;
  readonly #types: RegisteredTypes;

  constructor(parts: SubjectsParts) {
    this.#parts = parts;
    this.views = new Views(parts);
    this.#types = new RegisteredTypes(parts.hasher, parts.laws);
    this.described = new DescribedPeer({
      ...parts,
      open: (path, type, options) => this.#open(path, type, options),
      openTable: (path, type, options) => this.#anyTable(path, type, options),
      typeOf: (path) => this.#typeOf(path),
    });
  }

  /** Once all that is here of it is folded. Without a type: through the one that its lens names. */
  async subject(text: string, type: AnyMergeType | undefined, options: SubjectOptions): Promise<Subject<unknown, unknown>> {
    const path = this.#parts.pathOf(text);
    if (type !== undefined) await this.#types.register(type);
    return await currentOrClosed(this.#open(path, type ?? this.#typeOf(path), options));
  }

  async table(text: string, values: AnyMergeType | Element<unknown>, options: SubjectOptions): Promise<Table<unknown, unknown, unknown>> {
    const path = this.#parts.pathOf(text);
    if ("keyOf" in values) await this.#types.register(values);
    return await currentOrClosed("keyOf" in values ? this.#tableOf(path, values, options) : this.#table(path, values, options));
  }

  #open<Value, Commands>(path: SubjectPath, type: AnyMergeType<Value, Commands>, options: SubjectOptions): Subject<Value, Commands> {
    const parts = this.#partsOf(path, type, { ...options, kept: "whole" });
    const subject = new LiveSubject<Value, Commands>(parts);
    const commands = written(
      (send) => type.commands(send),
      (operations) => subject.write(operations),
    );
    // What a subject has itself goes before a field of that name.
    for (const [name, command] of Object.entries(commands))
      if (!(name in subject)) Object.defineProperty(subject, name, { value: command });
    return subject as unknown as Subject<Value, Commands>;
  }

  /** Keys that hold the last value written. */
  #table<Value>(
    path: SubjectPath,
    values: Element<Value>,
    options: SubjectOptions,
  ): Table<Value, PutCommands<Value>, LwwMapCommands<Value>> {
    const type = lwwMap(values);
    const { table, subject } = this.#anyTable<Value, LwwMapCommands<Value>>(path, type, options);
    const commands = written(
      (send) => type.commands(send as (operation: unknown) => void),
      (operations) => subject.write(operations),
    );
    return Object.assign(table, {
      put: (key: string, value: Value) => commands.set(key, value),
      delete: (key: string) => commands.delete(key),
    });
  }

  /** Keys that each hold a state of a merge type. */
  #tableOf<Value, Commands>(
    path: SubjectPath,
    values: AnyMergeType<Value, Commands>,
    options: SubjectOptions,
  ): Table<Value, Written<OrMapCommands<Commands>>, OrMapCommands<Commands>> {
    const type = orMap(values);
    const { table, subject } = this.#anyTable<Value, OrMapCommands<Commands>>(path, type, options);
    return Object.assign(
      table,
      written(
        (send) => type.commands(send as (operation: unknown) => void),
        (operations) => subject.write(operations),
      ),
    );
  }

  /** A table of any type whose keys are many. */
  #anyTable<Value, Changes>(path: SubjectPath, type: AnyMergeType, options: SubjectOptions) {
    const parts = this.#partsOf(path, type, { ...options, kept: "some" });
    const subject = new LiveSubject<unknown, Changes>(parts);
    return { subject, table: new LiveTable<Value, Changes>(parts, subject) };
  }

  #partsOf(
    path: SubjectPath,
    type: AnyMergeType,
    { assurance = "classical", kept }: SubjectOptions & { readonly kept: "whole" | "some" },
  ): SubjectParts {
    const { hasher, network } = this.#parts;
    const id = subjectId(hasher, network, path);
    const typeDigest = this.#types.digestOf(type);
    const lens = this.#lens(path);
    if (lens !== undefined && isOtherBehaviour(lens, type, typeDigest))
      throw new SinterError(
        "lens",
        `${path} is read through another ${type.name} than this one: it folds otherwise`,
        "Use the version of the type that the subject was made with, or give this one a new major version.",
      );
    const live = readably(() => this.views.open({ path, subject: id, type, typeDigest, assurance, kept }));
    return {
      ...this.#parts,
      path,
      id,
      type,
      lens: { name: type.name, version: type.version, digest: typeDigest },
      assurance,
      live,
      append: (event, extra) => this.#parts.append(path, event, extra),
      linked: () => this.#parts.linked(path),
      events: (wanted) => this.#parts.events(path, wanted),
      durable: () => this.#parts.durable(() => undefined),
      named: () => this.#lens(path),
      release: () => this.views.release(path, live),
    };
  }

  /** The type that a subject is read through by those who name none. */
  #typeOf(path: SubjectPath): AnyMergeType {
    const lens = this.#lens(path);
    if (lens === undefined) throw noType(path);
    const type = typeNamed(lens.name);
    if (isMalformed(type))
      throw new SinterError(
        "lens",
        `${path} is read through ${lens.name}, which is not a type of this program's: ${type.reason}`,
        "Give the type yourself.",
      );
    return type;
  }

  #lens(path: SubjectPath): NamedLens | undefined {
    const { view, hasher, network } = this.#parts;
    return readably(() => lensOf(view, hasher, subjectId(hasher, network, path)));
  }
}

function isOtherBehaviour(lens: NamedLens, type: AnyMergeType, digest: Uint8Array): boolean {
  return lens.name === type.name && lens.version === type.version && !equalBytes(lens.digest, digest);
}
