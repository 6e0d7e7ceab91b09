import { isIPv6 } from "node:net";
import { type Decoded, hostCharsMax, Malformed } from "@sinter/core";

/** TLS over TCP, or Noise over a WebSocket or over UDP. */
export type WayName = "tls" | "ws" | "udp";

export interface Address {
  /** TLS, if it is not said. */
  readonly way?: WayName;
  readonly host: string;
  readonly port: number;
}

/** To listen on, port 0 means any that is free; nobody can dial it. */
export interface AddressOptions {
  readonly for: "dialling" | "listening";
}

const largestPort = 0xffff;
const expected = "HOST:PORT, ws://HOST:PORT or udp://HOST:PORT expected, such as example.org:7400; an IPv6 address in brackets";

/** HOST:PORT or [IPV6]:PORT, with ws:// or udp:// in front for the ways that are not TLS. Names are put in lower case, so that one address has one text. */
export function parseAddress(text: string, options: AddressOptions): Decoded<Address> {
  if (text.length > hostCharsMax + "udp://[]:65535/".length)
    return new Malformed(`an address with a host of at most ${hostCharsMax} characters expected`);
  const [, named, place] = /^(ws|udp):\/\/([^/]*)\/?$/i.exec(text) ?? [];
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(place ?? text);
  if (parts === null) return new Malformed(expected);
  const [, v6, name, digits] = parts;
  const host = (v6 ?? name ?? "").toLowerCase();
  if (v6 !== undefined ? !isIPv6(v6) : !isHostName(host)) return new Malformed(`no host: ${expected}`);
  const port = Number(digits);
  const least = options.for === "listening" ? 0 : 1;
  if (port < least || port > largestPort || String(port) !== digits)
    return new Malformed(`a port from ${least} to ${largestPort} expected`);
  const way = named?.toLowerCase() as "ws" | "udp" | undefined;
  return way === undefined ? { host, port } : { way, host, port };
}

export function addressText({ way, host, port }: Address): string {
  const text = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return way === undefined || way === "tls" ? text : way === "ws" ? `ws://${text}/` : `udp://${text}`;
}

/** A name of the DNS or an IPv4 address, by their letters; whether there is one shows when it is looked up. */
function isHostName(host: string): boolean {
  return host.length <= hostCharsMax && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/.test(host);
}
