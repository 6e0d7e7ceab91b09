import {
  defaultKnobs,
  type Hasher,
  isMalformed,
  normalizePath,
  SinterError,
  type StoreRecord,
  type SyncKnobs,
  type SyncSettings,
  spaceId,
  spacePath,
  subjectId,
  syncPieceBytesMax,
  type Wish,
} from "@sinter/core";

export interface SyncWishes {
  readonly spaces?: readonly string[];
  readonly sync?: Partial<SyncKnobs>;
  readonly secrets: readonly string[];
}

const SALT_BYTES = 16;

/** What sync is told: by which salt sketches are made, what is wanted, how it paces itself. */
export function syncSettings(hasher: Hasher, { network }: StoreRecord, { spaces, sync, secrets }: SyncWishes): SyncSettings {
  const secret = new TextEncoder().encode(secrets[0] ?? "");
  const salted = new Uint8Array(network.length + secret.length);
  salted.set(network);
  salted.set(secret, network.length);
  const salt = hasher.hash("sinter 1 sketch salt", salted).slice(0, SALT_BYTES);
  const wishes = spaces?.map((text): Wish => {
    const path = normalizePath(text);
    if (isMalformed(path))
      throw new SinterError("usage", `"${text}" is no space: ${path.reason}`, "Give the first two parts of paths, or a path.");
    const space = spaceId(hasher, network, path);
    return { space, subject: spacePath(path) === path ? undefined : subjectId(hasher, network, path) };
  });
  return { salt, wishes, knobs: checkedKnobs(sync) };
}

const LEAST: Readonly<Record<Exclude<keyof SyncKnobs, "reconciler">, number>> = {
  chunkBytes: 256,
  windowChunks: 1,
  retransMs: 10,
  heartbeatMs: 10,
  suspectMs: 20,
  intervalMs: 10,
};
const MOST: Readonly<Record<keyof typeof LEAST, number>> = {
  chunkBytes: syncPieceBytesMax,
  windowChunks: 1_024,
  retransMs: 3_600_000,
  heartbeatMs: 3_600_000,
  suspectMs: 3_600_000,
  intervalMs: 86_400_000,
};

export function checkedKnobs(said: Partial<SyncKnobs> | undefined): SyncKnobs {
  const knobs = { ...defaultKnobs, ...said };
  for (const name of Object.keys(LEAST) as (keyof typeof LEAST)[]) {
    const value = knobs[name];
    if (!Number.isFinite(value) || value < LEAST[name] || value > MOST[name])
      throw new SinterError("usage", `${name} of sync is ${value}`, `Give a number from ${LEAST[name]} to ${MOST[name]}.`);
  }
  return knobs;
}
