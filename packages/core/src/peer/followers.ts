import type { SubjectPath } from "../identity/subject-path.js";
import { onAbort } from "./abort.js";

/** The end of a lane that now has other events. */
export interface ReplacedEnd {
  readonly lane: number;
  readonly from: number;
}

/** One reader of a subject, which may wait for it to grow. */
export class Follower {
  readonly path: SubjectPath;
  #grown = false;
  /** By lane number: the seq from which on it has other events than it had. */
  #replaced = new Map<number, number>();
  #wake: (() => void) | undefined;

  constructor(path: SubjectPath) {
    this.path = path;
  }

  /** Whether it grew since the last time it was asked. */
  takeGrowth(): boolean {
    const grown = this.#grown;
    this.#grown = false;
    return grown;
  }

  get isReplaced(): boolean {
    return this.#replaced.size > 0;
  }

  /** Lanes that have other events since the last time it was asked. */
  takeReplaced(): ReadonlyMap<number, number> {
    const replaced = this.#replaced;
    this.#replaced = new Map();
    return replaced;
  }

  replace({ lane, from }: ReplacedEnd): void {
    this.#replaced.set(lane, Math.min(from, this.#replaced.get(lane) ?? from));
  }

  /** Resolves once there is something to look at, growth or an end. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#grown || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = signal && onAbort(signal, () => this.#wake?.());
      this.#wake = () => {
        forget?.();
        this.#wake = undefined;
        resolve();
      };
    });
  }

  grow(): void {
    this.#grown = true;
    this.#wake?.();
  }
}

export class Followers {
  readonly #byPath = new Map<SubjectPath, Set<Follower>>();

  add(follower: Follower): void {
    const followers = this.#byPath.get(follower.path) ?? new Set();
    followers.add(follower);
    this.#byPath.set(follower.path, followers);
  }

  remove(follower: Follower): void {
    const followers = this.#byPath.get(follower.path);
    followers?.delete(follower);
    if (followers?.size === 0) this.#byPath.delete(follower.path);
  }

  replaced(path: SubjectPath, end: ReplacedEnd): void {
    for (const follower of this.#byPath.get(path) ?? []) follower.replace(end);
  }

  wake(path: SubjectPath): void {
    for (const follower of this.#byPath.get(path) ?? []) follower.grow();
  }

  wakeAll(): void {
    for (const path of this.#byPath.keys()) this.wake(path);
  }
}
