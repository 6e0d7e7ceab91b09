import { createHash } from "node:crypto";
import {
  type Decoded,
  fromHex,
  inviteAddressesMax,
  inviteCharsMax,
  isMalformed,
  Malformed,
  networkNameBytesMax,
  type PeerId,
  parseNetworkName,
  publicKeyBytes,
  Reader,
  secretBytesMax,
  toHex,
  Writer,
} from "@sinter/core";
import { type Address, addressText, parseAddress } from "./address.js";
import { parseSecrets } from "./secrets.js";

/** What lets somebody in. Whoever reads it is a member: it is as secret as the secret in it. */
export interface Invite {
  /** Where the inviter can be reached; the first that answers will do. */
  readonly addresses: readonly Address[];
  readonly network: string;
  readonly secret: string;
  /** The inviter: any other key at those addresses is refused. */
  readonly peer: PeerId;
}

const prefix = "sinter1.";
const checksumBytes = 4;
const hostPortBytes = 512;
const incomplete = "this is not a whole invite: copy all of it, from sinter1. to its end";

/** One line: a version, and in base64url what is in it with a checksum, so that a slip of the hand is not a stranger's address. */
export function encodeInvite({ addresses, network, secret, peer }: Invite): string {
  const writer = new Writer().u8(addresses.length);
  for (const address of addresses) writer.prefixed(Buffer.from(addressText(address)));
  writer.prefixed(Buffer.from(network)).prefixed(Buffer.from(secret)).bytes(keyOf(peer));
  const body = writer.finish();
  const text = prefix + Buffer.concat([body, checksum(body)]).toString("base64url");
  // What is made here can be read here, or it is our own mistake.
  const read = decodeInvite(text);
  if (isMalformed(read)) throw new RangeError(`no invite can be made of this: ${read.reason}`);
  return text;
}

export function decodeInvite(text: string): Decoded<Invite> {
  if (text.length > inviteCharsMax) return new Malformed(`an invite of at most ${inviteCharsMax} characters expected`);
  const line = text.trim();
  if (!line.startsWith(prefix)) {
    return new Malformed(/^sinter[0-9]+\./.test(line) ? "this invite was made by another version: use a newer sinter" : incomplete);
  }
  const digits = line.slice(prefix.length);
  const bytes = Buffer.from(digits, "base64url");
  if (bytes.toString("base64url") !== digits || bytes.length <= checksumBytes) return new Malformed(incomplete);
  const body = bytes.subarray(0, -checksumBytes);
  if (!checksum(body).equals(bytes.subarray(-checksumBytes))) return new Malformed(incomplete);
  return readBody(new Reader(body));
}

function readBody(reader: Reader): Decoded<Invite> {
  const count = reader.u8();
  if (count > inviteAddressesMax) reader.fail(`${count} addresses, where an invite has at most ${inviteAddressesMax}`);
  const addresses: Address[] = [];
  for (let index = 0; index < count && !reader.failed; index++) {
    const address = parseAddress(textIn(reader, hostPortBytes), { for: "dialling" });
    if (isMalformed(address)) reader.fail(address.reason);
    else addresses.push(address);
  }
  const network = parseNetworkName(textIn(reader, networkNameBytesMax));
  if (isMalformed(network)) reader.fail(network.reason);
  const secret = textIn(reader, secretBytesMax);
  if (!isOneSecret(secret)) reader.fail("the secret in it is none");
  const peer = toHex(reader.take(publicKeyBytes)) as PeerId;
  return reader.finish(() => ({ addresses, network: network as string, secret, peer }));
}

function isOneSecret(text: string): boolean {
  try {
    return parseSecrets(text)[0] === text;
  } catch {
    // Why it is none is for whoever wrote it; here it is a stranger's.
    return false;
  }
}

function textIn(reader: Reader, max: number): string {
  const bytes = Buffer.from(reader.prefixed(max));
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) reader.fail("valid UTF-8 expected");
  return text;
}

function checksum(body: Uint8Array): Buffer {
  return createHash("sha256").update("sinter/1/invite\n").update(body).digest().subarray(0, checksumBytes);
}

function keyOf(peer: PeerId): Uint8Array {
  const bytes = fromHex(peer, publicKeyBytes);
  if (isMalformed(bytes)) throw new RangeError(`not a peer id: ${bytes.reason}`);
  return bytes;
}
