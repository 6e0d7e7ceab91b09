import type { SubjectPath } from "../identity/subject-path.js";
import { onAbort } from "./abort.js";

/** One reader that waits for its subject to grow. */
export class Follower {
  readonly path: SubjectPath;
  #grown = false;
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

  wake(path: SubjectPath): void {
    for (const follower of this.#byPath.get(path) ?? []) follower.grow();
  }

  wakeAll(): void {
    for (const path of this.#byPath.keys()) this.wake(path);
  }
}
