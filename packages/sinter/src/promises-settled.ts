/** How often the rest of the process (signals, timers, what is printed) has a turn as well. */
const TURN_EVERY = 64;

/** Resolves once all promises have gone as far as they can, for runs in virtual time: what Node keeps for its next tick it looks at
 * only then, and asks the system for nothing meanwhile. */
export function promisesSettled(): () => Promise<void> {
  let calls = 0;
  return () =>
    new Promise<void>((resolve) => {
      calls++;
      if (calls % TURN_EVERY === 0) setImmediate(resolve);
      else process.nextTick(resolve);
    });
}
