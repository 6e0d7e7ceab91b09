// The order of the house, as data. Arrows go down only: a package imports packages named in its list, a floor imports
// floors with a smaller number. A new room is a line here, with a reason from the environment or the floors.

/** Packages of ours that each package may import in what it ships. */
export const packages: Readonly<
  Record<string, { readonly name: string; readonly may: readonly string[]; readonly environment: "pure" | "node" }>
> = {
  core: { name: "@sinter/core", may: [], environment: "pure" },
  simulator: { name: "@sinter/simulator", may: ["@sinter/core"], environment: "pure" },
  pipeline: { name: "@sinter/pipeline", may: ["@sinter/core"], environment: "node" },
  sinter: { name: "sinter", may: ["@sinter/core", "@sinter/simulator", "@sinter/pipeline"], environment: "node" },
  cli: { name: "@sinter/cli", may: ["@sinter/core", "@sinter/simulator", "@sinter/pipeline", "sinter"], environment: "node" },
};

/** Folders of packages/core/src. Two folders of one number never import each other. */
export const coreFloors: Readonly<Record<string, number>> = {
  bytes: 0,
  identity: 1,
  clock: 1,
  protocol: 2,
  store: 3,
  proof: 3,
  merge: 3,
  feed: 4,
  synthesis: 5,
  subject: 5,
  sync: 6,
  peer: 7,
};

/** Folders within a floor that has several, in the same way. Suites (`rig`) ship nothing, so they have no floor. */
export const innerFloors: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  feed: { event: 0, seal: 1, lane: 2, range: 3, write: 4, audit: 5 },
};
