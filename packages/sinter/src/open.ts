import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  type AnyMount,
  authorKey,
  authorOf,
  type Batch,
  DamagedStore,
  encodeAuthorKeys,
  encodeStoreRecord,
  equalBytes,
  isMalformed,
  metaKey,
  networkId,
  Peer,
  parseNetworkName,
  type Signatures,
  SinterError,
  type StoredStoreRecord,
  type StoreFailure,
  type StoreRecord,
  type SyncKnobs,
  storeFormat,
  type TraceLine,
  type Transport,
  toHex,
} from "@sinter/core";
import { Backups } from "./backup.js";
import type { HolderKind } from "./control/messages.js";
import { type ControlServer, serveControl } from "./control/server.js";
import { loadFalcon } from "./falcon.js";
import { falconModule } from "./falcon-jobs.js";
import { madeFalconKey } from "./falcon-key-thread.js";
import { openData, readStoreRecord } from "./held-data.js";
import { type Keys, loadKeys } from "./key-file.js";
import { lawfulDigest } from "./lawful-digest.js";
import { accessOf, invitesIn } from "./links/access.js";
import { LinksFile } from "./links/links-file.js";
import { parseSecrets } from "./links/secrets.js";
import { listeningAddress, StoreLinks } from "./links/store-links.js";
import type { LmdbStore } from "./lmdb-store.js";
import { Ed25519Verifier, nodeRandom } from "./node-crypto.js";
import { createNodeHasher } from "./node-hasher.js";
import { segmentFiles } from "./segment-files.js";
import { fileIdentity, isSameInstance, newInstance, newNonce, probedFileIdentity } from "./store-instance.js";
import { lockStore, type StoreLock } from "./store-lock.js";
import { checkedKnobs, syncSettings } from "./sync-settings.js";
import { SystemClock } from "./system-clock.js";
import { traceOfEnvironment } from "./trace-writer.js";
import { WorkerCompute } from "./worker-compute.js";

export interface OpenOptions {
  /** Where the store is, or is to be. */
  readonly dir: string;
  /** The network a new store is made for: a random name where none is given. One that has a store already must be the store's. */
  readonly network?: string;
  /** By which keys a new store's author is to sign: `hybrid`, by Ed25519 and Falcon-512, if neither this nor SINTER_SIGNATURES
   * says otherwise. A store that is there goes on with the keys it has. */
  readonly signatures?: Signatures;
  /** What lets this peer into a network: an invite, or `new`, which makes a network and a secret for it. */
  readonly invite?: string;
  /** The network's secret, or several, one a line: the first proves membership, all are accepted. */
  readonly secret?: string;
  /** Where others may link to this peer: HOST:PORT, ws://HOST:PORT over WebSocket, udp://HOST:PORT over UDP. Port 0 takes any that is free. */
  readonly listen?: readonly string[];
  /** Whom to link to: invites, HOST:PORT, ws://HOST:PORT, udp://HOST:PORT. The store keeps in mind where: `as before`
   * is what was last given here. */
  readonly join?: readonly string[] | "as before";
  /** What is wanted of what others hold: spaces, and subjects by their paths. All of it, if left out. */
  readonly spaces?: readonly string[];
  readonly sync?: Partial<SyncKnobs>;
  /** What this process is, for whoever finds the store in use. */
  readonly holder?: { readonly kind: HolderKind; readonly what: string };
  /** `serve`, if left out: commands on this machine, of this user, reach the peer through a socket in the store. */
  readonly control?: "serve" | "none";
  /** Links of your own making, in the place of those above. */
  readonly transport?: Transport;
  /** Puts something between this peer and its links, such as the weather of a bad network: answers what the peer is to see of them. */
  readonly through?: (links: Transport) => Transport;
  /** Cores of your own, on the same driver. */
  readonly mounts?: readonly AnyMount[];
  /** Told of every step: the input a core was given, and what came of it. Without one, SINTER_TRACE decides. */
  readonly trace?: (line: TraceLine) => void;
  /** Kept free on the disk; below it, appends answer "disk-full". */
  readonly reserveBytes?: number;
}

const APPLICATION = { kind: "peer", what: "an application" } as const;
const NETWORK_NAME_BYTES = 8;

/** Opens the store in a directory, making it (and an identity) where there is none, and runs a peer on it. */
export async function open(options: OpenOptions): Promise<Peer> {
  const dir = resolve(options.dir);
  // Before anything is made: a wrong call leaves nothing behind.
  const invites = invitesIn(joined(options));
  const name = options.network ?? invites[0]?.network;
  const network = name === undefined ? undefined : networkNamed(name);
  checkLinking({ ...options, dir }, { isInvited: invites.length > 0 });
  const lock = await lockStore(dir, { what: (options.holder ?? APPLICATION).what });
  let store: LmdbStore | undefined;
  try {
    store = openData(lock, options);
    return await openPeer({ ...options, dir, network }, lock, store);
  } catch (error) {
    await store?.close();
    await lock.release();
    if (error instanceof DamagedStore)
      throw new SinterError(
        "corrupt",
        error.message,
        "Put the store back from a backup, or fetch its feeds from another peer into a new one.",
        {
          cause: error,
        },
      );
    throw error;
  }
}

/** Options that are looked through. */
interface Opening extends Omit<OpenOptions, "network"> {
  readonly network: string | undefined;
}

async function openPeer(options: Opening, lock: StoreLock, store: LmdbStore): Promise<Peer> {
  const { dir, mounts } = options;
  const trace = options.trace ?? traceOfEnvironment(process.env);
  const hasher = createNodeHasher();
  const known = readStoreRecord(store, dir);
  const keys = known === undefined ? await newKeys(dir, options) : loadKeys(dir, { missing: "fail" });
  const record = known === undefined ? newRecord(options, lock, { keys, hasher }) : currentRecord(known, options, lock, { keys, hasher });
  if (record !== known) await found(store, { record, keys }, dir);
  const { falcon } = keys;
  const compute = new WorkerCompute({ modules: { hybrid: falconModule() }, held: { hybrid: () => falcon?.reveal() } });
  // A timer is work somebody waits for: the process must not end over it.
  const clock = new SystemClock({ timers: "hold" });
  const links = linksOf(options, { keys, record });
  const ports = {
    clock,
    scheduler: clock,
    random: nodeRandom,
    transport: transportOf(options, links),
    store,
    compute,
    ...(trace === undefined ? {} : { trace }),
  };
  const syncs = links !== undefined || options.transport !== undefined;
  const backups = new Backups({ store, dir, record });
  let serving: Promise<ControlServer> | undefined;
  const peer = new Peer({
    ports,
    hasher,
    signer: keys.author,
    verifier: new Ed25519Verifier(),
    signatures: falcon === undefined ? "ed25519" : "hybrid",
    falcon: loadFalcon,
    id: toHex(keys.peer.publicKey),
    author: record.author,
    network: { name: record.networkName, id: record.network },
    ...(mounts === undefined ? {} : { mounts }),
    ...(syncs && { sync: syncSettings(hasher, record, { ...options, secrets: links?.secrets ?? [] }) }),
    ...(links !== undefined && { links }),
    backup: (to, wanted) => backups.make(to, wanted),
    files: segmentFiles(lock.dataFile),
    laws: lawfulDigest,
    // One that fails to come up fails open(), below.
    retire: async () => (await serving?.catch(() => undefined))?.close(),
    release: async () => {
      try {
        await links?.shutDown();
        await backups.close();
        await compute.close();
        await store.close();
      } finally {
        await lock.release();
      }
    },
  });
  try {
    // A core that cannot start halts the peer at once: nobody is invited to it.
    if (peer.ended === undefined && options.control !== "none") {
      serving = serveControl({ dir, peer, holder: (options.holder ?? APPLICATION).kind });
      await serving;
    }
    for (const address of options.listen ?? []) await links?.listenOn(address);
    links?.join(joined(options), options.join === undefined || options.join === "as before" ? "besides" : "instead");
    if (options.join === "as before") links?.joinAsBefore();
    if (peer.ended !== undefined) throw peer.ended;
    return peer;
  } catch (error) {
    await peer.close();
    throw error;
  }
}

/** Whom to link to, in whichever way it was said. */
function joined({ invite, join = [] }: OpenOptions | Opening): readonly string[] {
  const told = join === "as before" ? [] : join;
  return invite === undefined || invite === "new" ? told : [invite, ...told];
}

function checkLinking(
  { dir, network, invite, secret, listen = [], sync }: OpenOptions,
  { isInvited }: { readonly isInvited: boolean },
): void {
  checkedKnobs(sync);
  if (secret !== undefined) parseSecrets(secret);
  const isOpen = network !== undefined && invite !== "new" && secret === undefined && !isInvited;
  const reach = isOpen && new LinksFile(dir).secrets.length === 0 ? "loopback" : "any";
  for (const address of listen) listeningAddress(address, reach);
}

function transportOf({ transport, through }: Opening, links: StoreLinks | undefined): Transport {
  const below = transport ?? links ?? noLinks;
  return through === undefined ? below : through(below);
}

/** Links, where anything is said of them. */
function linksOf(options: Opening, { keys, record }: { readonly keys: Keys; readonly record: StoreRecord }): StoreLinks | undefined {
  const { invite, secret, listen, join, transport, dir } = options;
  if (transport !== undefined) return undefined;
  if (invite === undefined && secret === undefined && listen === undefined && join === undefined) return undefined;
  const { networkName: name, network: id } = record;
  const file = new LinksFile(dir);
  const named = options.network === undefined || invite === "new" ? "made" : "given";
  const access = accessOf({ network: name, secret, invites: invitesIn(joined(options)), file, name: named });
  return new StoreLinks({ signer: keys.peer, network: { name, id }, file, ...access });
}

/** Made before the store: one that was interrupted then begins with the keys that are there. */
async function newKeys(dir: string, options: Opening): Promise<Keys> {
  const signatures = options.signatures ?? signaturesOf(process.env["SINTER_SIGNATURES"]) ?? "hybrid";
  if (signatures === "ed25519") return loadKeys(dir, { missing: "create" });
  return loadKeys(dir, { missing: "create", falcon: await madeFalconKey() });
}

function signaturesOf(text: string | undefined): Signatures | undefined {
  if (text === undefined || text === "" || text === "hybrid" || text === "ed25519") return text === "" ? undefined : text;
  throw new SinterError("usage", `SINTER_SIGNATURES is ${text}`, "Set it to hybrid or ed25519, or not at all.");
}

interface NewParts {
  readonly keys: Keys;
  readonly hasher: ReturnType<typeof createNodeHasher>;
}

function newRecord({ network }: Opening, lock: StoreLock, { keys, hasher }: NewParts): StoreRecord {
  const name = network ?? `net-${toHex(nodeRandom.bytes(NETWORK_NAME_BYTES))}`;
  const { inode, birthNs } = probedFileIdentity(lock.dataFile);
  const author = authorOf(hasher, keys.authorKeys);
  return { network: networkId(hasher, name), networkName: name, author, instance: newNonce(), inode, birthNs };
}

function networkNamed(text: string): string {
  const name = parseNetworkName(text);
  if (isMalformed(name)) throw new SinterError("usage", `not a network's name: ${name.reason}`, "Give it a short name.");
  return name;
}

/** The record as it is to be from now on: the same one, or, where the directory was copied or restored, a new instance's. */
function currentRecord(known: StoredStoreRecord, options: Opening, lock: StoreLock, { keys, hasher }: NewParts): StoreRecord {
  if (options.network !== undefined && options.network !== known.networkName) {
    throw new SinterError(
      "wrong-store",
      `this store is of network ${known.networkName}, not ${options.network}`,
      "Name another directory, or leave the network out.",
    );
  }
  if (!equalBytes(known.author, authorOf(hasher, keys.authorKeys))) {
    throw new SinterError("wrong-store", "the keys beside this store are not those it was written with", "Put its own keys.json back.");
  }
  const file = fileIdentity(lock.dataFile);
  const isSame = isSameInstance({ nonce: known.instance, inode: known.inode, birthNs: known.birthNs }, file);
  // Written anew, the record keeps earlier programs from what this one is about to write.
  if (isSame) return known.format === storeFormat ? known : { ...known };
  return newInstance(known, lock.dataFile);
}

/** Writes what the store is, before anything else: every later commit stands on it. */
async function found(
  store: LmdbStore,
  { record, keys }: { readonly record: StoreRecord; readonly keys: Keys },
  dir: string,
): Promise<void> {
  const batch: Batch = [
    [metaKey("store"), encodeStoreRecord(record)],
    [authorKey(record.author), encodeAuthorKeys(keys.authorKeys)],
  ];
  const failure = await new Promise<StoreFailure | undefined>((done) => store.commit(batch, done));
  if (failure !== undefined) throw cannotWrite(failure, dir);
  // The data file itself may be new, and so may its directory: their names must be on the disk as well.
  syncFolder(dir);
  try {
    syncFolder(dirname(dir));
  } catch {
    // One that may be entered but not read cannot be synced, and was there before us: only the deepest directory is ours for sure.
  }
}

function cannotWrite({ reason }: StoreFailure, dir: string): SinterError {
  const full = /ENOSPC|EDQUOT|No space left|quota exceeded/i.test(reason);
  const fix = full ? "Free some space, then try again." : "See whether the disk is sound and the directory yours, then try again.";
  return new SinterError(full ? "disk-full" : "internal", `the store in ${dir} cannot be written: ${reason}`, fix);
}

function syncFolder(folder: string): void {
  // Windows cannot open directories, and needs no such sync.
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Until links are opened, nobody is there. */
const noLinks: Transport = { listen: () => undefined, send: () => undefined, credit: () => undefined, close: () => undefined };
