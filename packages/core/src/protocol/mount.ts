import type { WaitingCommand } from "./inbox.js";
import type { Core, Effect, LinkTraits, MessageClass, PeerId, Protocol, Vocabulary } from "./protocol.js";

/** Why a command came to nothing, and whether its writes may be found in the store all the same. */
export interface Loss {
  readonly outcome: "not written" | "unknown";
  readonly reason: string;
}

/** A protocol in its place: who hears its notices, and who is told of commands that were lost. A command is answered by
 * the notices of the turn that takes it, once that turn is flushed; or by those of its own step, where all of them leave
 * `after: "step"`; or else by `dropped`: exactly one of the three, whatever fails. A core that puts its answer off to a
 * later turn forgets it with all else when it is created anew; its `started` must then give a notice that says so. */
export interface Mount<V extends Vocabulary> {
  readonly protocol: Protocol<V>;
  notify(notice: V["Notice"]): void;
  dropped(command: V["Command"], loss: Loss): void;
}

/** The mount list is where protocols of different words stand side by side; nothing else forgets their types. */
// biome-ignore lint/suspicious/noExplicitAny: a list of different vocabularies has no other type
export type AnyMount = Mount<any>;

export interface Mounted {
  readonly mount: AnyMount;
  core: Core<Vocabulary>;
  readonly view: unknown;
  apply(write: unknown): void;
}

/** A link while it is open: the next with the same peer is another. */
export interface OpenLink {
  readonly traits: LinkTraits;
}

/** One effect and the core it came from. Messages are encoded in their step: what the core changes later is not in them. */
export interface Outgoing {
  readonly mount: number;
  readonly effect:
    | Exclude<Effect<Vocabulary>, { readonly kind: "write" | "send" }>
    | { readonly kind: "frame"; readonly to: PeerId; readonly frame: Uint8Array; readonly messageClass: MessageClass };
  /** Of a frame or a disconnection: the link it was meant for. It is not for the link that follows it. */
  readonly link: OpenLink | undefined;
  /** The command that is answered once this is out, before its turn is flushed. */
  answers: WaitingCommand | undefined;
}
