// Faults of backup and restore: part of the catalogue.

export const backupMutants = [
  {
    name: "backup-unpinned",
    what: "appends that go on write over pages a backup has not read yet, and it holds no one state",
    file: "packages/sinter/src/lmdb-store.ts",
    find: "const reading = this.#database.useReadTransaction();",
    replace: "const reading = { done: () => undefined };",
    tests: ["packages/sinter/src/lmdb-store.test.ts"],
  },
  {
    name: "backup-later-beginning",
    what: "a backup begins with pages of a later transaction, whose trees are not in it",
    file: "packages/sinter/src/copy-pieces.ts",
    find: "if (head !== undefined && at < head.length)",
    replace: "if (head !== undefined && at > head.length)",
    tests: ["packages/sinter/src/backup.test.ts", "packages/sinter/src/copy-pieces.test.ts"],
  },
  {
    name: "restored-as-the-same-instance",
    what: "a restored store goes on in the epoch of the one it was made of, and forks its author",
    file: "packages/sinter/src/store-instance.ts",
    find: "instance: newNonce(), ...probedFileIdentity(dataFile)",
    replace: "...probedFileIdentity(dataFile)",
    tests: ["packages/sinter/src/store-instance.test.ts"],
  },
];
