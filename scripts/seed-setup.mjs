import { configureGlobal } from "fast-check";

// One seed for all random tests of a run, so that `SINTER_SEED=n npm test` repeats it. fast-check prints the seed of a
// failing property itself; a test that draws numbers of its own takes the seed from SINTER_SEED, set here in any case.

configureGlobal({ seed: Number(process.env.SINTER_SEED) | 0 });
