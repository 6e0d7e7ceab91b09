import { escaped } from "./drawing.js";

// A page that needs nothing but itself: no script, no font, nothing from elsewhere.

export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly mood?: "good" | "bad";
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Page {
  readonly title: string;
  readonly lead: string;
  readonly parts: readonly string[];
}

const style = `
:root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--line:#d0d7de;--soft:#59636e;--good:#1a7f37;--bad:#cf222e}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--line:#3d444d;--soft:#9198a1;--good:#3fb950;--bad:#f85149}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1600px;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0;color:var(--soft)}
dl.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.75rem;margin:1.25rem 0}
dl.figures div{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem;min-width:0}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.2rem;font-weight:600;overflow-wrap:anywhere}
.good{color:var(--good)}.bad{color:var(--bad)}
.plots{columns:34rem auto;column-gap:2rem}.plots>*{break-inside:avoid;margin:0 0 1.5rem}
figcaption{color:var(--soft);font-size:.85rem}svg.plot{display:block;width:100%;height:auto;color:var(--ink)}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0}caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{border-bottom:1px solid var(--line);padding:.2rem .9rem .2rem 0;text-align:left;vertical-align:top;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
`;

export function page({ title, lead, parts }: Page): string {
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // Without one, a browser asks for it.
    '<link rel="icon" href="data:,">',
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(lead)}</p>`,
    ...parts,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

export function figures(all: readonly Figure[]): string {
  const each = all.map(({ name, value, mood }) => {
    const named = mood === undefined ? "" : ` class="${mood}"`;
    return `<div><dt>${escaped(name)}</dt><dd${named}>${escaped(value)}</dd></div>`;
  });
  return `<dl class="figures">\n${each.join("\n")}\n</dl>`;
}

export interface Plot {
  readonly svg: string;
  readonly note: string | undefined;
}

export function plots(all: readonly Plot[]): string {
  const each = all.map(
    ({ svg, note }) => `<figure>\n${svg}${note === undefined ? "" : `<figcaption>${escaped(note)}</figcaption>`}\n</figure>`,
  );
  return columns(each);
}

/** In columns, as the page is wide. */
export function columns(parts: readonly string[]): string {
  return `<div class="plots">\n${parts.join("\n")}\n</div>`;
}

export function heading(text: string): string {
  return `<h2>${escaped(text)}</h2>`;
}

export function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`;
}

export function table({ caption, head, rows }: Table): string {
  const line = (cells: readonly (string | number)[]) => `<tr>${cells.map((cell) => `<td>${escaped(String(cell))}</td>`).join("")}</tr>`;
  return [
    `<div class="scroll"><table><caption>${escaped(caption)}</caption>`,
    `<thead><tr>${head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join("")}</tr></thead>`,
    `<tbody>${rows.map(line).join("\n")}</tbody></table></div>`,
  ].join("\n");
}
