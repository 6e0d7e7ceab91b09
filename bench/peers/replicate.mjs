import { fork } from "node:child_process";
import { createRequire } from "node:module";
import net from "node:net";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import Hypercore from "hypercore";
import { open } from "../../packages/sinter/dist/index.js";
import { figure, inFolder, median, rounded } from "../dist/measure.js";
import { payloadsFrom } from "../dist/raw-lmdb.js";

// To an empty store in another process, over loopback: our events over mutual TLS, each verified against its author's seal and synced to
// the disk; theirs over a plain socket with the noise of their own, into the log of their database.

const { version } = createRequire(import.meta.url)("hypercore/package.json");
const OURS = 1_000_000;
const THEIRS = 100_000;
const BATCH = 1_000;
const ROUNDS = 3;
const SUBJECT = "bench/replicate/log";
const self = fileURLToPath(import.meta.url);

export async function replicate() {
  return await inFolder(async (dir) => {
    const ours = [];
    const theirs = [];
    const [here, there] = [await source(`${dir}/ours`), await hypersource(`${dir}/theirs`)];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        ours.push((OURS * 1000) / (await received(["ours", `${dir}/to${round}`, await here.invite()])));
        theirs.push((THEIRS * 1000) / (await received(["theirs", `${dir}/hyper${round}`, there.port, there.key])));
      }
    } finally {
      await here.close();
      await there.close();
    }
    const target = { bench: "replicate", unit: "events/s", reach: { kind: "at least", ratio: 40 } };
    const details = {
      beside: `hypercore ${version}`,
      rounds: ours.map(rounded),
      theirRounds: theirs.map(rounded),
      load: rounded(loadavg()[0]),
    };
    return figure(target, median(ours), median(theirs), details);
  });
}

async function source(dir) {
  const peer = await open({ dir, control: "none", invite: "new", listen: ["127.0.0.1:0"] });
  for (let first = 0; first < OURS; first += BATCH)
    await peer.append(
      SUBJECT,
      payloadsFrom(first, BATCH).map((payload) => ({ payload })),
    );
  return peer;
}

async function hypersource(dir) {
  const core = new Hypercore(dir);
  await core.ready();
  for (let first = 0; first < THEIRS; first += BATCH) await core.append(payloadsFrom(first, BATCH).map((payload) => Buffer.from(payload)));
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    const stream = core.replicate(false);
    // The other process ends when it has all.
    for (const each of [stream, socket]) each.on("error", () => socket.destroy());
    socket.pipe(stream).pipe(socket);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.close();
    await core.close();
  };
  return { port: String(server.address().port), key: core.key.toString("hex"), close };
}

/** Milliseconds until the other process has all. */
function received(argv) {
  const child = fork(self, argv);
  return new Promise((resolve, reject) => {
    let ms;
    child.once("message", (told) => {
      ms = told;
    });
    child.once("exit", () => (ms === undefined ? reject(new Error(`${argv[0]}: the receiver ended early`)) : resolve(ms)));
  });
}

const receivers = {
  ours: async (dir, invite) => {
    const peer = await open({ dir, control: "none", invite });
    const begun = performance.now();
    await peer.sync(invite);
    const ms = performance.now() - begun;
    const held = (await peer.feeds()).reduce((sum, { size }) => sum + size, 0);
    await peer.close();
    return [ms, held === OURS];
  },
  theirs: async (dir, port, key) => {
    const core = new Hypercore(dir, Buffer.from(key, "hex"));
    await core.ready();
    const socket = net.connect(Number(port), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.setNoDelay(true);
    const begun = performance.now();
    const stream = core.replicate(true);
    stream.pipe(socket).pipe(stream);
    await core.download({ start: 0, end: THEIRS }).done();
    return [performance.now() - begun, core.contiguousLength === THEIRS];
  },
};

if (process.argv[1] === self && process.send !== undefined) {
  const [which, ...rest] = process.argv.slice(2);
  const [ms, isWhole] = await receivers[which](...rest);
  if (!isWhole) throw new Error(`${which}: not all of it came`);
  process.send(ms, () => process.exit(0));
}
