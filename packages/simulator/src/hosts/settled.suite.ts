/** Promises have gone as far as they can: what Node keeps for its next tick it looks at only then. */
export const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
