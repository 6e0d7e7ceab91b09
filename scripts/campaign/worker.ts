// A process that runs the seeds it is told to, one after the other, and ends with the one that asks.
import { once } from "node:events";
import type { Answer, Order } from "./pool.js";
import { keepSeed, runSeed } from "./run-seed.js";

// ^C and `timeout` tell the whole group: the one that asks lets each seed come to its end, and this process ends with it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
process.on("message", ({ number, ...order }: Order) => {
  const done = order.kind === "run" ? runSeed(order.family, order.seed, order.limits) : keepSeed(order.outcome, order.folder, order.limits);
  done.then(
    (outcome) => say({ number, outcome: outcome ?? undefined }),
    (error: unknown) => say({ number, failed: String(error) }),
  );
});

function say(answer: Answer): void {
  process.send?.(answer);
}

say("ready");
await once(process, "disconnect");
process.exit(0);
