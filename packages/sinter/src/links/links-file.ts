import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isMalformed, type PeerId, SinterError } from "@sinter/core";
import { parseAddress } from "./address.js";
import { parseSecrets } from "./secrets.js";

// What a store remembers of its links: the secret that was made for it or came with an invite, whose key answered where, and whom it
// was told to link to.

export const linksFileName = "links.json";

const FORMAT = 1;
const PEER_ID = /^[0-9a-f]{64}$/;

interface Content {
  readonly secrets: readonly string[];
  readonly pins: ReadonlyMap<string, PeerId>;
  readonly joined: readonly string[];
}

const nothing: Content = { secrets: [], pins: new Map(), joined: [] };

export class LinksFile {
  readonly #dir: string;
  #content: Content;

  constructor(dir: string) {
    this.#dir = dir;
    this.#content = read(join(dir, linksFileName));
  }

  /** The first proves, all are accepted; none, where none was kept. */
  get secrets(): readonly string[] {
    return this.#content.secrets;
  }

  keep(secrets: readonly string[]): void {
    if (secrets.join("\n") === this.secrets.join("\n")) return;
    this.#write({ ...this.#content, secrets });
  }

  /** Addresses, as they were last told. */
  get joined(): readonly string[] {
    return this.#content.joined;
  }

  join(addresses: readonly string[]): void {
    if (addresses.join("\n") !== this.joined.join("\n")) this.#write({ ...this.#content, joined: addresses });
  }

  get(address: string): PeerId | undefined {
    return this.#content.pins.get(address);
  }

  put(address: string, peer: PeerId): void {
    if (this.get(address) === peer) return;
    this.#write({ ...this.#content, pins: new Map([...this.#content.pins, [address, peer]]) });
  }

  #write(content: Content): void {
    this.#content = content;
    const file = join(this.#dir, linksFileName);
    const text = {
      format: FORMAT,
      warning: "whoever reads the secret is a member of the network",
      secrets: content.secrets,
      keys: Object.fromEntries(content.pins),
      joined: content.joined,
    };
    // A new file in the place of the old one: a crash leaves one of the two.
    const descriptor = openSync(`${file}.new`, "w", 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify(text, undefined, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${file}.new`, file);
  }
}

interface Written {
  readonly format: unknown;
  readonly secrets: readonly string[];
  readonly keys: Readonly<Record<string, string>>;
  /** Not in what was written before it was kept in mind. */
  readonly joined?: readonly string[];
}

function read(file: string): Content {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return nothing;
    throw new SinterError(
      "permission",
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      "Make it yours, and readable.",
    );
  }
  try {
    const { format, secrets, keys, joined = [] } = JSON.parse(text) as Written;
    if (format !== FORMAT) throw new Error("it was written by another version of sinter");
    const pins = new Map(Object.entries(keys) as [string, PeerId][]);
    for (const peer of pins.values()) if (!PEER_ID.test(peer)) throw new Error("a key in it is none");
    for (const address of joined) {
      const fault = parseAddress(address, { for: "dialling" });
      if (isMalformed(fault)) throw new Error(`an address in it is none: ${fault.reason}`);
    }
    return { secrets: secrets.length === 0 ? [] : parseSecrets(secrets.join("\n")), pins, joined };
  } catch (error) {
    throw new SinterError(
      "corrupt",
      `${file} cannot be understood: ${error instanceof Error ? error.message : String(error)}`,
      "Put it back from a backup, or remove it and join again with an invite.",
      { cause: error },
    );
  }
}
