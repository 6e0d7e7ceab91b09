import { createHash } from "node:crypto";

// The status page: one document that asks nothing of anybody but the peer it came from. Values are set as text, never
// as markup.

const script = `
const refreshMs = 2000;
const put = (id, text) => { document.getElementById(id).textContent = text; };
function row(cells) {
  const tr = document.createElement("tr");
  for (const cell of cells) tr.appendChild(document.createElement("td")).textContent = cell;
  return tr;
}
async function refresh() {
  try {
    const answer = await fetch("/status.json");
    const status = await answer.json();
    if (!answer.ok) throw new Error(status.error);
    for (const id of ["peer", "author", "network", "root", "disk"]) put(id, status[id]);
    put("links", status.links.length === 0 ? "none" : status.links.map((link) => link.peer).join(" "));
    const shown = status.subjects.slice(0, 500);
    document.getElementById("subjects").replaceChildren(...shown.map((s) => row([s.path, s.events.toLocaleString()])));
    put("more", status.subjects.length > shown.length ? "and " + (status.subjects.length - shown.length) + " more subjects" : "");
    put("state", "running");
  } catch (error) {
    put("state", "no answer: " + error.message);
  }
  setTimeout(refresh, refreshMs);
}
refresh();
`;

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 56rem; padding: 0 1rem; color: #222; background: #fdfdfb; }
h1 { font-size: 1.3rem; } dt { color: #666; } dd { margin: 0 0 .6rem; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #ddd; }
td:last-child, th:last-child { text-align: right; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b; } dt { color: #999; } td, th { border-color: #444; } }
`;

export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sinter</title>
<style>${style}</style>
<h1>Sinter: <span id="state" role="status">asking …</span></h1>
<dl>
<dt>Peer</dt><dd id="peer"></dd>
<dt>Author</dt><dd id="author"></dd>
<dt>Network</dt><dd id="network"></dd>
<dt>Root (equal roots hold the same feeds)</dt><dd id="root"></dd>
<dt>Links</dt><dd id="links"></dd>
<dt>Disk</dt><dd id="disk"></dd>
</dl>
<table><thead><tr><th>Subject</th><th>Events</th></tr></thead><tbody id="subjects"></tbody></table>
<p id="more"></p>
<script>${script}</script>
</html>
`;

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

export const pagePolicy = `default-src 'none'; connect-src 'self'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
