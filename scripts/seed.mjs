import { randomInt } from "node:crypto";

// One seed for a whole test run. Workers inherit it by the environment; scripts/seed-setup.mjs hands it to fast-check.

export function announceSeed() {
  if (process.env.SINTER_SEED_ANNOUNCED !== undefined) return;
  process.env.SINTER_SEED ??= String(randomInt(2 ** 31 - 1));
  process.env.SINTER_SEED_ANNOUNCED = "yes";
  const seed = process.env.SINTER_SEED;
  process.stderr.write(`seed ${seed}\n`);
  process.on("exit", (code) => {
    if (code !== 0) process.stderr.write(`failed; SINTER_SEED=${seed} repeats this run's random tests\n`);
  });
}
