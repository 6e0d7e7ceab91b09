import { buildWallMs, type NetworkId, networkId, SinterError, subjectId, toHex } from "@sinter/core";
import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { DiskImages } from "./disk-images.js";
import { Host, type StoreIdentity } from "./host.js";
import { HostedPeer } from "./hosted-peer.js";
import { readPlainly } from "./plain-reading.js";
import { settled } from "./settled.suite.js";
import { runSettled } from "./settled-run.js";

const network: { readonly name: string; readonly id: NetworkId } = { name: "n", id: networkId(hasher, "n") };
const PATH = "w/a";

/** Two places where peers run, whose promises are the payloads that they wrote. */
async function twoHosts() {
  const broken: string[] = [];
  const verifier = new StubVerifier(hasher);
  const hosts: Host<number>[] = [];
  const world = new World<HostedPeer>({
    seed: 1,
    peers: 2,
    topology: "none",
    wallMs: buildWallMs + 3_600_000,
    trace: "off",
    boot: (ports, { index, id, random }) => {
      const signer = new StubSigner(hasher, random.stream("secret").bytes(32));
      const own: StoreIdentity = { signer, keys: { suite: 1, ed25519: signer.publicKey } };
      const sets = { mayFork: new Set<string>(), redacted: new Set<string>() };
      const parts = { hasher, verifier, network, settled, losses: /^the disk/, broken: (what: string) => void broken.push(what), ...sets };
      hosts[index] ??= new Host<number>(index, own, parts);
      return new HostedPeer({ ports, id, hasher, verifier, identity: (hosts[index] as Host<number>).identity });
    },
  });
  for (const host of hosts) {
    host.join(world);
    host.simulated.kill();
    await host.start();
  }
  const write = async (host: Host<number>, byte: number) => {
    const written = host.peer?.append(PATH, [{ payload: Uint8Array.of(byte) }]);
    if (written !== undefined && (await host.of("a write", written)).kind === "value") host.promises.push(byte);
  };
  const told = ({ view }: Host<number>) =>
    readPlainly(view, hasher, subjectId(hasher, network.id, "w/a" as never)).map(({ payload }) => (payload as Uint8Array)[0]);
  return { world, hosts: hosts as [Host<number>, Host<number>], broken, write, told };
}

test("a disk that is put back has what it had then, and what was promised since is forgotten", async () => {
  const { world, hosts, broken, write, told } = await twoHosts();
  const [host] = hosts;
  const images = new DiskImages<number>();
  await write(host, 1);
  images.keep(host);
  await write(host, 2);
  expect([told(host), host.promises]).toEqual([
    [1, 2],
    [1, 2],
  ]);
  const random = world.random("test");
  const image = images.earlier(host, random);
  if (image === undefined) throw new Error("one was kept");
  const { inode } = host;
  images.put(host, image, { known: "no", random });
  await host.start();
  expect([told(host), host.promises, host.inode]).toEqual([[1], [1], inode]);
  // What was kept of it is not kept any more: its promises would not be those of this store.
  expect(images.earlier(host, random)).toBeUndefined();
  expect(broken).toEqual([]);
});

test("a disk copied elsewhere is its author's there, too; the other's promises are not, and the store can know of it", async () => {
  const { world, hosts, broken, write, told } = await twoHosts();
  const [from, to] = hosts;
  const images = new DiskImages<number>();
  await write(from, 1);
  await write(to, 2);
  const random = world.random("test");
  const image = images.copy(from);
  if (image === undefined) throw new Error("it is up");
  images.put(to, image, { known: "yes", random });
  await to.start();
  expect([told(to), to.promises, to.author === from.author, to.inode === from.inode]).toEqual([[1], [], true, false]);
  await write(to, 3);
  expect(told(to)).toEqual([1, 3]);
  expect(broken).toEqual([]);
  from.simulated.kill();
  expect(images.copy(from)).toBeUndefined();
});

test("what fails because of a disk, or because the peer was closed, is nobody's fault; anything else is told with where and when", async () => {
  const { world, hosts, broken } = await twoHosts();
  const [host] = hosts;
  host.failed("a write", new SinterError("disk-full", "the disk is full", "Free some space."));
  host.ended("the disk cannot write");
  expect(broken).toEqual([]);
  host.failed("a write", new SinterError("usage", "no such path", "Say another."));
  host.failed("a write", new SinterError("stopped", "the peer stopped", "Open it again."));
  host.ended("it was bored");
  expect(broken).toEqual([
    expect.stringMatching(/^host 0, boot 2, at [\d.]+ ms: a write failed: no such path$/),
    expect.stringMatching(/a write failed: the peer stopped$/),
    expect.stringMatching(/it came to an end: it was bored$/),
  ]);
  broken.length = 0;
  host.fill(0, 1_000);
  const full = host.peer?.append(PATH, [{ payload: new Uint8Array(100_000) }]);
  if (full !== undefined) expect((await host.of("a write", full)).kind).toBe("error");
  await runSettled(world, settled, { forMs: 1_001 });
  await host.raise(() => "yes");
  const roomy = host.peer?.append(PATH, [{ payload: new Uint8Array(100_000) }]);
  if (roomy !== undefined) expect((await host.of("a write", roomy)).kind).toBe("value");
  expect(toHex(host.identity.author)).toBe(host.author);
});
