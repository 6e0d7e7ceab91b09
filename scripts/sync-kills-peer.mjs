// One of the two peers of `npm run test:sync-kills`: opens its store, links, writes, and says what it holds.
//   node scripts/sync-kills-peer.mjs STORE left|right PORT NETWORK SECRET
import { createHash } from "node:crypto";
import { on } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { open } from "sinter";

const LIVE = "live/log";
const WRITES_EVERY_MS = 10;
const LOOK_MS = 3;

const [dir = "", side = "", port = "", network = "", secret = ""] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;
const linked = side === "left" ? { listen: [address] } : { join: [address] };
const peer = await open({ dir, network, secret, control: "none", ...linked });

let state = "writing";
const write = async () => {
  for (let number = 0; state === "writing"; number++) {
    const receipt = await peer.append(LIVE, [{ payload: new TextEncoder().encode(`${side} ${number}`) }]);
    process.send({ kind: "wrote", id: receipt.id(0) });
    await pause(WRITES_EVERY_MS);
  }
};
const tell = async () => {
  while (state === "writing") {
    const feeds = await peer.feeds();
    process.send({ kind: "holds", events: feeds.reduce((sum, { size }) => sum + size, 0) });
    await pause(LOOK_MS);
  }
};

async function contents() {
  const { root, subjects } = await peer.status();
  const hash = createHash("sha256");
  const live = [];
  let events = 0;
  for (const { path } of subjects) {
    for await (const { author, epoch, nonce, seq, id, stamp, kind, payload } of peer.events(path)) {
      hash.update([path, author, epoch, nonce, seq, id, stamp, kind, payload?.length, ""].join(" "));
      if (payload !== undefined) hash.update(payload);
      if (path === LIVE) live.push(id);
      events++;
    }
  }
  const { problems } = await peer.audit();
  const { length: forks } = await peer.forks();
  return { root, events, digest: hash.digest("hex"), live, forks, problems: problems.map((each) => Object.values(each).join(": ")) };
}

// Whoever started it may be gone.
const parted = () => process.exit(1);
process.once("disconnect", parted);
const busy = Promise.all([write(), tell()]);
for await (const [order] of on(process, "message")) {
  if (order === "still" || order === "close") {
    state = "still";
    await busy;
  }
  if (order === "close") break;
  const { root, links } = order === "standing" ? await peer.status() : { root: "", links: [] };
  process.send({ kind: order, root, links: links.map(({ state: each }) => each), ...(order === "contents" && (await contents())) });
}
await peer.close();
process.off("disconnect", parted);
process.disconnect();
