import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Clock, linkCookieMsMax } from "@sinter/core";
import { cookieBytes } from "./datagrams.js";

/** Who asks from where. */
export interface Asker {
  readonly host: string;
  readonly port: number;
  readonly link: Uint8Array;
}

/**
 * What an address is told before anything is kept of it: whoever says it again has heard it there. Nobody takes a place here, or
 * makes this peer do sums but for its cookie, in the name of an address that is not theirs.
 */
export class Cookies {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bake(asker: Asker): Uint8Array {
    return this.#baked(asker, this.#span());
  }

  /** In the span of time in which it was made, or the next. */
  isGood(cookie: Uint8Array, asker: Asker): boolean {
    const now = this.#span();
    return [now, now - 1].some((span) => timingSafeEqual(this.#baked(asker, span), cookie));
  }

  #span(): number {
    return Math.floor(this.#clock.now() / linkCookieMsMax);
  }

  #baked({ host, port, link }: Asker, span: number): Uint8Array {
    return createHmac("sha256", this.#key).update(`${span} ${port} ${host} `).update(link).digest().subarray(0, cookieBytes);
  }
}
