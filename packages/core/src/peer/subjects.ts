import { isMalformed } from "../bytes/malformed.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { type NamedLens, lensOf } from "../feed/lane/lens.js";
import type { NewParts } from "../feed/write/open-lane.js";
import type { Hasher } from "../identity/crypto.js";
import { hashBytes } from "../identity/crypto.js";
import { equalBytes } from "../bytes/order.js";
import { type NetworkId, subjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { typeNamed } from "../merge/catalogue.js";
import type { AnyMergeType, MergeType } from "../merge/merge-type.js";
import type { AppendExtra } from "./feed-calls.js";
import { LiveSubject } from "./live-subject.js";
import type { EventRecord, ReadOptions, Receipt } from "./peer-api.js";
import { readably } from "./readable.js";
import { SinterError } from "./sinter-error.js";
import type { Subject, SubjectOptions } from "./subject-api.js";
import type { SubjectParts } from "./subject-parts.js";
import { Views, type ViewsParts } from "./views.js";
import { written } from "./written.js";

export interface SubjectsParts extends ViewsParts {
  readonly network: NetworkId;
  readonly author: string;
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly append: (path: SubjectPath, parts: NewParts, extra: AppendExtra) => Promise<Receipt>;
  readonly events: (path: SubjectPath, options: ReadOptions) => AsyncIterable<EventRecord>;
  readonly ended: () => SinterError | undefined;
}

const NO_DIGEST = new Uint8Array(hashBytes);

/** Subjects as applications open them. */
export class Subjects {
  readonly views: Views;
  readonly #parts: SubjectsParts;

  constructor(parts: SubjectsParts) {
    this.#parts = parts;
    this.views = new Views(parts);
  }

  open<Value, Commands>(path: SubjectPath, type: AnyMergeType<Value, Commands>, options: SubjectOptions): Subject<Value, Commands> {
    const { hasher, network } = this.#parts;
    const id = subjectId(hasher, network, path);
    const typeDigest = digestOf(type);
    const lens = this.lens(path);
    if (lens !== undefined && isOtherBehaviour(lens, type, typeDigest))
      throw new SinterError(
        "lens",
        `${path} is read through another ${type.name} than this one: it folds otherwise`,
        "Use the version of the type that the subject was made with, or give this one a new major version.",
      );
    const asked = { path, subject: id, type, typeDigest, assurance: options.assurance ?? "classical", kept: "whole" } as const;
    const live = readably(() => this.views.open(asked));
    const parts: SubjectParts = {
      ...this.#parts,
      path,
      id,
      type,
      lens: { name: type.name, version: type.version, digest: typeDigest },
      live,
      append: (event, extra) => this.#parts.append(path, event, extra),
      events: (wanted) => this.#parts.events(path, wanted),
      named: () => this.lens(path),
      release: () => this.views.release(path, live),
    };
    const subject = new LiveSubject<Value, Commands>(parts);
    const commands = written((send) => type.commands(send), (operations) => subject.write(operations));
    // What a subject has itself goes before a field of that name.
    for (const [name, command] of Object.entries(commands)) if (!(name in subject)) Object.defineProperty(subject, name, { value: command });
    return subject as unknown as Subject<Value, Commands>;
  }

  /** The type that a subject is read through by those who name none. */
  typeOf(path: SubjectPath): AnyMergeType {
    const lens = this.lens(path);
    if (lens === undefined)
      throw new SinterError("lens", `nobody has named the type that ${path} is read through`, "Name one: peer.subject(path, orSet(text)), or --type 'or-set(text)'.");
    const type = typeNamed(lens.name);
    if (isMalformed(type))
      throw new SinterError("lens", `${path} is read through ${lens.name}, which is not a type of this program's: ${type.reason}`, "Give the type yourself.");
    return type;
  }

  lens(path: SubjectPath): NamedLens | undefined {
    const { view, hasher, network } = this.#parts;
    return readably(() => lensOf(view, hasher, subjectId(hasher, network, path)));
  }
}

/** Of a user's type: what it does with the operations of the laws. */
function digestOf(type: AnyMergeType): Uint8Array {
  return (type as MergeType<unknown, unknown, unknown, unknown> & { readonly digest?: Uint8Array }).digest ?? NO_DIGEST;
}

function isOtherBehaviour(lens: NamedLens, type: AnyMergeType, digest: Uint8Array): boolean {
  return lens.name === type.name && lens.version === type.version && !equalBytes(lens.digest, digest);
}
