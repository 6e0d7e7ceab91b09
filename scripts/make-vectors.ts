// Writes vectors/names.json, events.json, mmr.json, seal.json, proof.json, fork.json, trie.json, segment.json, sync.json and links.json.
//   node scripts/run.mjs scripts/make-vectors.ts
// Written from docs/wire.md alone, as plainly as can be, on another implementation of BLAKE3: nothing of packages/core is
// used, so that its tests hold it against something that cannot be wrong in the same way.
import { events } from "./vectors/events.js";
import { forks } from "./vectors/forks.js";
import { links } from "./vectors/links.js";
import { names } from "./vectors/names.js";
import { proofs } from "./vectors/proofs.js";
import { mmr } from "./vectors/ranges.js";
import { seals } from "./vectors/seals.js";
import { segments } from "./vectors/segments.js";
import { sync } from "./vectors/sync.js";
import { trie } from "./vectors/trie.js";

names();
events();
mmr();
seals();
proofs();
forks();
trie();
segments();
sync();
links();
