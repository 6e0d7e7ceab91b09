import { type Bytes, filled, H, hex, number, utf8, write } from "./bytes.js";

export interface Epoch {
  readonly index: number;
  readonly nonce: Bytes;
}

export const network = H("network", utf8("demo"));
export const epochs: readonly Epoch[] = [
  { index: 0, nonce: filled(16, 0xa1) },
  { index: 1, nonce: filled(16, 0xb2) },
  { index: 0x01020304, nonce: Uint8Array.from({ length: 16 }, (_, at) => at) },
];
export const authors = [filled(32, 7), Uint8Array.from({ length: 32 }, (_, at) => 255 - at)];
export const subjectOf = (path: string): Bytes => H("subject", network, utf8(path));
export const feedOf = (author: Bytes, subject: Bytes): Bytes => H("feed", author, subject);
export const laneOf = (feed: Bytes, { index, nonce }: Epoch): Bytes => H("lane", feed, number(4, index), nonce);
export const plainEpoch = ({ index, nonce }: Epoch) => ({ index, nonce: hex(nonce) });

export function names(): void {
  const paths = ["log", "workspace/alpha", "workspace/alpha/object/votes", "workspace/ä/日本", Array(8).fill("x".repeat(64)).join("/")];
  const spaceOf = (path: string) => path.split("/").slice(0, 2).join("/");
  const subjects = paths.map((path) => {
    const space = hex(H("space", network, utf8(spaceOf(path))));
    return { path, spacePath: spaceOf(path), space, subject: hex(subjectOf(path)) };
  });
  const lanes = authors.flatMap((author) =>
    epochs.map((epoch) => {
      const feed = feedOf(author, subjectOf("workspace/alpha"));
      return { author: hex(author), path: "workspace/alpha", feed: hex(feed), epoch: plainEpoch(epoch), lane: hex(laneOf(feed, epoch)) };
    }),
  );
  const networks = ["demo", "ä", "x".repeat(128)].map((name) => ({ name, network: hex(H("network", utf8(name))) }));
  const hybrids = [0, 1].map((salt) => {
    const ed25519 = Uint8Array.from({ length: 32 }, (_, at) => 3 * at + salt);
    const falcon = Uint8Array.from({ length: 897 }, (_, at) => (at === 0 ? 9 : 5 * at + salt));
    return { ed25519: hex(ed25519), falcon: hex(falcon), author: hex(H("author", Uint8Array.of(2), ed25519, falcon)) };
  });
  const about = "Ids of networks, of hybrid authors, and of the spaces, subjects, feeds and lanes of the network demo.";
  write("names", about, { networks, subjects, hybrids, lanes });
}
