import type { Signatures } from "../feed/write/feed-core.js";
import type { FalconVerifier, Hasher, Signer, Verifier } from "../identity/crypto.js";
import type { AuthorId, NetworkId } from "../identity/ids.js";
import type { AnyMount } from "../protocol/mount.js";
import type { Ports } from "../protocol/ports.js";
import type { SegmentFiles } from "./archive.js";
import type { BackupOptions, BackupReport } from "./peer-api.js";
import type { PeerLinks } from "./peer-links.js";
import type { LawCheck } from "./registered-types.js";
import type { SyncSettings } from "./syncing.js";

export interface PeerParts {
  readonly ports: Ports;
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** By which keys the author seals: by both, where its id is made of both. */
  readonly signatures: Signatures;
  /** Verifies what was signed by the second key, for an audit. Loaded when one comes upon such a seal. */
  readonly falcon?: () => Promise<FalconVerifier>;
  /** The key it proves on links, in hexadecimal. */
  readonly id: string;
  readonly author: AuthorId;
  readonly network: { readonly name: string; readonly id: NetworkId };
  /** Cores beside those a peer always has. */
  readonly mounts?: readonly AnyMount[];
  /** Brings it into agreement with the peers it is linked to. */
  readonly sync?: SyncSettings;
  /** Carries its links, where it is told whom to link to. */
  readonly links?: PeerLinks;
  /** Copies the store it runs on, where that is somewhere it can be copied from. */
  readonly backup?: (dir: string, options: BackupOptions) => Promise<BackupReport>;
  /** Keeps subjects as files, where there is somewhere to keep them. */
  readonly files?: SegmentFiles;
  /** Puts types of an application's own through the laws, where they can be loaded apart. */
  readonly laws?: LawCheck;
  /** Called first when the peer closes, while it still answers: let nobody new in, and those inside finish. */
  readonly retire?: () => Promise<void>;
  /** Called last, once, when the peer is closed or has halted: let go of files, sockets, locks. */
  readonly release: () => Promise<void>;
}
