import { randomBytes } from "node:crypto";
import { isWhole, SinterError, secretBytesMax, secretCharsMin, secretsCharsMax, secretsMax } from "@sinter/core";

const newSecretBytes = 32;

/** A network's secret that nobody can guess. */
export function newSecret(): string {
  return randomBytes(newSecretBytes).toString("base64url");
}

/**
 * Secrets of a network, a line each: the first proves, all are accepted. To change a secret, add the new one as the second
 * line everywhere, then put it first everywhere, then take the old one away. Errors name lines and never quote them.
 */
export function parseSecrets(text: string): readonly string[] {
  if (text.length > secretsCharsMax)
    throw fault(`the secrets are longer than ${secretsCharsMax} characters`, "Give a file with one secret a line.");
  const secrets: string[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    // One text for one secret, however an editor composes its accents.
    const secret = line.trim().normalize("NFC");
    if (secret === "" || secret.startsWith("#") || secrets.includes(secret)) continue;
    checkSecret(secret, `line ${index + 1} of the secrets`);
    secrets.push(secret);
  }
  if (secrets.length === 0) throw fault("there is no secret", "Give one a line; `openssl rand -base64 32` makes a good one.");
  if (secrets.length > secretsMax)
    throw fault(`there are ${secrets.length} secrets`, `Take old ones away: ${secretsMax} at most are accepted.`);
  return secrets;
}

function checkSecret(secret: string, which: string): void {
  const characters = [...secret].length;
  if (characters < secretCharsMin) {
    throw fault(`${which} has ${characters} characters, which can be guessed`, `Use at least ${secretCharsMin}, best at random.`);
  }
  if (!isWhole(secret) || Buffer.byteLength(secret) > secretBytesMax) {
    throw fault(`${which} is no text of at most ${secretBytesMax} bytes`, "Use a shorter one.");
  }
}

function fault(what: string, fix: string): SinterError {
  return new SinterError("usage", what, fix);
}
