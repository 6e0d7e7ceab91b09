import { Driver } from "./driver.js";
import { HandPorts, plainTraits } from "./hand-ports.suite.js";
import type { AnyMount, Loss, Mount } from "./mount.js";
import type { MessageClass, PeerId } from "./protocol.js";
import {
  Journal,
  type Ledger,
  type LedgerCommand,
  type LedgerNotice,
  ledgerProtocol,
  type Pinger,
  type PingerCommand,
  type PingerNotice,
  pingerProtocol,
  readToyFrame,
  toyFrame,
} from "./toy-protocols.suite.js";

export const ann = "ann" as PeerId;
export const bob = "bob" as PeerId;
export const cid = "cid" as PeerId;

export const tags = { ledger: 1, pinger: 2 } as const;

type WithoutId<C> = C extends unknown ? Omit<C, "id"> : never;
type NewLedgerCommand = WithoutId<LedgerCommand>;
type NewPingerCommand = WithoutId<PingerCommand>;

/** A driver with both toys, on ports cranked by hand, and all that it said. */
export class ToyDriver {
  readonly ports = new HandPorts();
  readonly ledgerJournal = new Journal();
  readonly pingerJournal = new Journal();
  /** Answers and losses, by command. */
  readonly answers = new Map<number, string[]>();
  readonly notices: (LedgerNotice | PingerNotice)[] = [];
  readonly halts: string[] = [];
  /** Runs within each notice. */
  whenNotified: (notice: LedgerNotice | PingerNotice) => void = () => {};
  /** Runs within each loss. */
  whenDropped: (id: number, loss: Loss) => void = () => {};
  readonly ledger: Mount<Ledger>;
  readonly pinger: Mount<Pinger>;
  readonly driver: Driver;
  #ids = 0;

  constructor(more: readonly AnyMount[] = []) {
    this.ledger = {
      protocol: ledgerProtocol(this.ledgerJournal),
      notify: (notice) => this.#notified(notice, notice.kind === "answer" ? notice.id : undefined),
      dropped: (command, loss) => this.#dropped(command.id, loss),
    };
    this.pinger = {
      protocol: pingerProtocol(this.pingerJournal),
      notify: (notice) => this.#notified(notice, notice.kind === "asked" ? notice.id : undefined),
      dropped: (command, loss) => this.#dropped(command.id, loss),
    };
    const mounts = [this.ledger, this.pinger, ...more];
    this.driver = new Driver({ mounts, ports: this.ports, halted: (reason) => this.halts.push(reason) });
  }

  /** Started, settled, and flushed. */
  static running(more: readonly AnyMount[] = []): ToyDriver {
    const toy = new ToyDriver(more);
    toy.driver.start();
    toy.settle();
    return toy;
  }

  /** Steps all that can be stepped; the store does nothing meanwhile. */
  settle(): void {
    this.ports.scheduler.settle();
  }

  /** Steps and flushes until nothing is left to do. */
  rest(): void {
    for (this.settle(); this.ports.store.commits.length > 0; this.settle()) this.ports.store.flush(1);
  }

  /** The command's id, if it was taken. */
  tell(command: NewLedgerCommand): number {
    const id = this.#ids++;
    const taken = this.driver.command(this.ledger, { ...command, id } as LedgerCommand);
    if (taken === "accepted") this.answers.set(id, this.answers.get(id) ?? []);
    else this.answers.set(id, [taken]);
    return id;
  }

  tellPinger(command: NewPingerCommand): number {
    const id = this.#ids++;
    const taken = this.driver.command(this.pinger, { ...command, id } as PingerCommand);
    this.answers.set(id, taken === "accepted" ? (this.answers.get(id) ?? []) : [taken]);
    return id;
  }

  add(count = 1): number[] {
    return Array.from({ length: count }, () => this.tell({ kind: "add" }));
  }

  link(...peers: PeerId[]): void {
    for (const peer of peers) this.ports.transport.events?.opened(peer, plainTraits);
  }

  unlink(peer: PeerId): void {
    this.ports.transport.events?.closed(peer);
  }

  /** A frame arrives. */
  arrive(from: PeerId, tag: number, message: unknown, messageClass: MessageClass = "control"): void {
    this.ports.transport.events?.arrived(from, toyFrame(tag, message), messageClass);
  }

  answersTo(...ids: number[]): (string | undefined)[] {
    return ids.map((id) => this.answers.get(id)?.join(" and "));
  }

  get sent(): unknown[] {
    return this.ports.transport.sent.map(({ to, frame }) => [to, readToyFrame(frame)]);
  }

  get state(): Record<string, unknown> {
    return this.driver.describe() as Record<string, unknown>;
  }

  get faults(): string[] {
    return [...this.ledgerJournal.faults, ...this.pingerJournal.faults];
  }

  #notified(notice: LedgerNotice | PingerNotice, id: number | undefined): void {
    this.notices.push(notice);
    if (id !== undefined) this.#answer(id, notice.kind === "answer" ? `${notice.to} ${notice.lines}` : notice.kind);
    this.whenNotified(notice);
  }

  #dropped(id: number, loss: Loss): void {
    this.#answer(id, loss.outcome);
    this.whenDropped(id, loss);
  }

  #answer(id: number, what: string): void {
    const answers = this.answers.get(id);
    if (answers === undefined) this.answers.set(id, [what]);
    else answers.push(what);
  }
}
