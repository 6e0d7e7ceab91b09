// What a decoder answers when the bytes are not a complete, bounded value. A value, never a throw: bytes come from
// strangers, and being wrong is an ordinary thing for them to be.

export class Malformed {
  /** What was expected, in words a person can act on. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export type Decoded<T> = T | Malformed;

export function isMalformed(value: unknown): value is Malformed {
  return value instanceof Malformed;
}
