import { SinterError } from "@sinter/core";
import type { Invite } from "./invite.js";
import type { LinksFile } from "./links-file.js";
import { newSecret, parseSecrets } from "./secrets.js";
import { parseDestination } from "./store-links.js";

// Which network a peer is of, and by which secret it comes in: as whoever opens it says, as the store remembers, or made anew.

export interface Access {
  readonly secrets: readonly string[];
  /** `loopback`: the secret follows from the network's name, which is none. */
  readonly reach: "any" | "loopback";
}

/** The invites among what is to be joined. All of them are to one network. */
export function invitesIn(join: readonly string[]): readonly Invite[] {
  const invites = join.flatMap((text) => {
    const found = parseDestination(text);
    return "invite" in found ? [found.invite] : [];
  });
  const networks = new Set(invites.map(({ network }) => network));
  if (networks.size > 1)
    throw new SinterError("usage", `invites to different networks: ${[...networks].join(", ")}`, "Join one network with one store.");
  return invites;
}

export interface AccessOptions {
  readonly network: string;
  /** One a line. */
  readonly secret: string | undefined;
  readonly invites: readonly Invite[];
  readonly file: LinksFile;
  /** Whether the name was given, so that others may know it. */
  readonly name: "given" | "made";
}

export function accessOf({ network, secret, invites, file, name }: AccessOptions): Access {
  if (secret !== undefined) return { secrets: parseSecrets(secret), reach: "any" };
  const invited = [...new Set(invites.map((invite) => invite.secret))];
  if (invited.length > 0) {
    // What was accepted before is accepted still: the one who invites may have changed the secret, and others not yet.
    const secrets = [...new Set([...invited, ...file.secrets])];
    file.keep(secrets);
    return { secrets, reach: "any" };
  }
  if (file.secrets.length > 0) return { secrets: file.secrets, reach: "any" };
  if (name === "given") return { secrets: [`the network ${network} has no secret`], reach: "loopback" };
  const made = [newSecret()];
  file.keep(made);
  return { secrets: made, reach: "any" };
}
