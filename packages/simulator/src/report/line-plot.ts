import { escaped, palette, rounded, shortNumber, steps } from "./drawing.js";

// Curves over two axes as one SVG text: for pages and reports, drawn without a browser. The same data makes the same bytes.

export interface Axis {
  readonly label: string;
  readonly scale: "linear" | "logarithmic";
}

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Dashed: measured by others, or a limit. None: nothing lies between two points. */
  readonly line?: "solid" | "dashed" | "none";
  /** At each point, or only in the legend, where points are many. */
  readonly marks?: "points" | "legend";
  /** Points that are not joined to the one before: nothing was measured in between. */
  readonly breaks?: ReadonlySet<number>;
}

export interface LinePlot {
  readonly title: string;
  /** In a page of several: the plot's name there, and what there is to see. */
  readonly name?: string;
  readonly description?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
}

const SIZE = { width: 760, height: 440 } as const;
const FRAME = { left: 76, right: 180, top: 46, bottom: 56 } as const;
const MARKS = ["circle", "square", "diamond", "triangle"] as const;
const TICKS = 6;
const LEGEND_STEP = 22;

export function linePlot({ title, name, description, x, y, curves }: LinePlot): string {
  const points = curves.flatMap((curve) => curve.points);
  const across = new Scale(
    x,
    points.map(([at]) => at),
    [FRAME.left, SIZE.width - FRAME.right],
  );
  const up = new Scale(
    y,
    points.map(([, at]) => at),
    [SIZE.height - FRAME.bottom, FRAME.top],
  );
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg"${name === undefined ? "" : ` class="plot" data-plot="${escaped(name)}"`} viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    ...(description === undefined ? [] : [`<desc>${escaped(description)}</desc>`]),
    "<style>svg{color:#1f2328;background:#fff}@media(prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}</style>",
    `<text x="${FRAME.left}" y="26" fill="currentColor" font-size="15" font-weight="600">${escaped(title)}</text>`,
    ...across.ticks.map((tick) => tickAcross(across.at(tick), shortNumber(tick))),
    ...up.ticks.map((tick) => tickUp(up.at(tick), shortNumber(tick))),
    labels(x, y),
    ...curves.map((curve, number) => drawn(curve, number, { across, up })),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

/** From values to places on the page. */
class Scale {
  readonly ticks: readonly number[];
  readonly #axis: Axis;
  readonly #from: number;
  readonly #to: number;
  readonly #places: readonly [number, number];

  constructor(axis: Axis, values: readonly number[], places: readonly [number, number]) {
    this.#axis = axis;
    this.#places = places;
    if (values.some((value) => !Number.isFinite(value))) throw new RangeError(`${axis.label}: a value that is no number`);
    if (axis.scale === "logarithmic" && values.some((value) => value <= 0)) throw new RangeError(`${axis.label}: 0 has no logarithm`);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    this.ticks = values.length === 0 ? [] : axis.scale === "logarithmic" ? decades(least, most) : steps(Math.min(0, least), most, TICKS);
    this.#from = this.#placed(this.ticks[0] ?? 1);
    this.#to = this.#placed(this.ticks.at(-1) ?? 1);
  }

  at(value: number): number {
    const [begin, end] = this.#places;
    const width = this.#to - this.#from;
    return width === 0 ? begin : begin + ((this.#placed(value) - this.#from) / width) * (end - begin);
  }

  #placed(value: number): number {
    return this.#axis.scale === "logarithmic" ? Math.log10(value) : value;
  }
}

/** Powers of ten around all values. */
function decades(least: number, most: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(least)); ; power++) {
    ticks.push(10 ** power);
    if (10 ** power >= most) return ticks;
  }
}

function tickAcross(at: number, text: string): string {
  const [top, bottom] = [FRAME.top, SIZE.height - FRAME.bottom];
  return `<path d="M${rounded(at)} ${top}V${bottom}" stroke="currentColor" stroke-opacity=".15"/><text x="${rounded(at)}" y="${bottom + 20}" fill="currentColor" text-anchor="middle">${text}</text>`;
}

function tickUp(at: number, text: string): string {
  const right = SIZE.width - FRAME.right;
  return `<path d="M${FRAME.left} ${rounded(at)}H${right}" stroke="currentColor" stroke-opacity=".15"/><text x="${FRAME.left - 8}" y="${rounded(at + 4)}" fill="currentColor" text-anchor="end">${text}</text>`;
}

function labels(x: Axis, y: Axis): string {
  const middle = [(FRAME.left + SIZE.width - FRAME.right) / 2, (FRAME.top + SIZE.height - FRAME.bottom) / 2] as const;
  return [
    `<text x="${middle[0]}" y="${SIZE.height - 14}" fill="currentColor" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text transform="translate(18 ${middle[1]}) rotate(-90)" fill="currentColor" text-anchor="middle">${escaped(y.label)}</text>`,
  ].join("\n");
}

function drawn(
  { name, points, line, marks, breaks }: Curve,
  number: number,
  { across, up }: { readonly across: Scale; readonly up: Scale },
): string {
  const colour = palette[number % palette.length] as string;
  const mark = MARKS[number % MARKS.length] as (typeof MARKS)[number];
  const places = points.map(([x, y]) => [across.at(x), up.at(y)] as const);
  const path = places.map(([x, y], index) => `${index === 0 || breaks?.has(index) ? "M" : "L"}${rounded(x)} ${rounded(y)}`).join("");
  const dashes = line === "dashed" ? ' stroke-dasharray="6 4"' : line === "none" ? ' stroke-opacity="0"' : "";
  const [legend, height] = [SIZE.width - FRAME.right + 16, FRAME.top + 10 + number * LEGEND_STEP];
  return [
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`,
    ...(marks === "legend" ? [] : places).map((place) => marked(mark, place, colour)),
    `<path d="M${legend} ${height}h26" stroke="${colour}" stroke-width="2"${dashes}/>`,
    marked(mark, [legend + 13, height], colour),
    `<text x="${legend + 34}" y="${height + 4}" fill="currentColor">${escaped(name)}</text>`,
  ].join("\n");
}

function marked(mark: (typeof MARKS)[number], [x, y]: readonly [number, number], colour: string): string {
  if (mark === "circle") return `<circle cx="${rounded(x)}" cy="${rounded(y)}" r="3.5" fill="${colour}"/>`;
  const shape = { square: "m-3.5 -3.5h7v7h-7z", diamond: "m0 -5l5 5l-5 5l-5 -5z", triangle: "m0 -4.5l4.5 8h-9z" }[mark];
  return `<path d="M${rounded(x)} ${rounded(y)}${shape}" fill="${colour}"/>`;
}
