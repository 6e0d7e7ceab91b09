// One of the peers of `npm run soak`: opens its store, links, writes, and says how it stands.
//   node scripts/soak-peer.mjs STORE NETWORK SECRET LISTEN [JOIN]
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { open, orSet, pnCounter, text } from "sinter";

const WRITES_EVERY_MS = 50;
const TAGS = 100;

const [dir = "", network = "", secret = "", listen = "", join] = process.argv.slice(2);
const peer = await open({ dir, network, secret, control: "none", listen: [listen], ...(join === undefined ? {} : { join: [join] }) });
const votes = await peer.subject("soak/votes", pnCounter());
const tags = await peer.subject("soak/tags", orSet(text));

let state = "writing";
let count = 0;
const write = async () => {
  for (; state === "writing"; count++) {
    const tag = `tag ${(count * 7) % TAGS}`;
    await votes.increment();
    if (tags.value.has(tag)) await tags.remove(tag);
    else await tags.add(tag);
    await peer.append("soak/log", [{ payload: new TextEncoder().encode(`${count} of ${dir}`) }]);
    await pause(WRITES_EVERY_MS);
  }
};

/** Without what is mapped from files, where the system says so. */
function anonymousBytes() {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not on this system.
  }
  return process.memoryUsage.rss();
}

async function figures() {
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === "Timeout" || name === "Immediate").length;
  const { root, subjects } = await peer.status();
  const states = await Promise.all([votes, tags].map(async (subject) => (await subject.status()).state));
  const events = subjects.reduce((sum, each) => sum + each.events, 0);
  return { bytes: anonymousBytes(), handles: resources.length - timers, timers, events, root, votes: votes.value, states };
}

const writing = write();
process.on("message", async (order) => {
  if (order === "still") {
    state = "still";
    await writing;
  }
  if (order === "close") {
    await peer.close();
    process.disconnect();
    return;
  }
  process.send({ order, ...(await figures()) });
});
process.send({ order: "ready" });
