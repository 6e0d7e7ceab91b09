// What all plots share: texts that are safe in a page, round numbers along an axis, colours. The same data makes the same bytes.

/** As text, whatever is in it. */
export function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export function rounded(place: number): number {
  return Math.round(place * 10) / 10;
}

/** About so many round numbers around all values. */
export function steps(least: number, most: number, count: number): number[] {
  const rough = (most - least || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.floor(least / step);
  return Array.from({ length: Math.ceil(most / step) - first + 1 }, (_, number) => (first + number) * step);
}

/** With as few figures as say it: 0.5, 20, 3k, 1.5M. */
export function shortNumber(value: number): string {
  const [unit, suffix] = (
    [
      [1e9, "G"],
      [1e6, "M"],
      [1e3, "k"],
    ] as const
  ).find(([least]) => Math.abs(value) >= least) ?? [1, ""];
  return `${Number((value / unit).toPrecision(3))}${suffix}`;
}

/** 0.4 ms, 750 ms, 2.25 s. */
export function timeText(ms: number): string {
  return ms < 1_000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1_000).toPrecision(3))} s`;
}

/** Told apart by who does not see all colours, too. */
export const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#777777"] as const;

/** A box in the units of its picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes of one colour as one path: a picture of many stays short. */
export function boxes(all: readonly Box[]): string {
  return all
    .map(({ x, y, width, height }) => `M${rounded(x)} ${rounded(y)}h${rounded(width)}v${rounded(height)}h${rounded(-width)}z`)
    .join("");
}

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
}

export function label({ x, y, text, anchor = "start", size }: Label): string {
  const small = size === undefined ? "" : ` font-size="${size}"`;
  return `<text x="${rounded(x)}" y="${rounded(y)}" fill="currentColor" text-anchor="${anchor}"${small}>${escaped(text)}</text>`;
}

/** What a plot is, above it. */
export function headline(x: number, text: string): string {
  return `<text x="${x}" y="22" fill="currentColor" font-size="15" font-weight="600">${escaped(text)}</text>`;
}

export interface Picture {
  /** Names the plot for whoever looks for it in the page. */
  readonly name: string;
  readonly title: string;
  /** What there is to see, for whoever does not see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
}

export function picture({ name, title, description, width, height, parts }: Picture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" data-plot="${escaped(name)}" viewBox="0 0 ${width} ${rounded(height)}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(description)}</desc>`,
    ...parts,
    "</svg>",
  ].join("\n");
}

/** The time along the foot of a picture that is so wide: where a moment is, and its ticks. */
export class TimeAxis {
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #left: number;
  readonly #right: number;

  constructor([fromMs, toMs]: readonly [number, number], [left, right]: readonly [number, number]) {
    this.#fromMs = fromMs;
    this.#toMs = Math.max(toMs, fromMs + 1);
    this.#left = left;
    this.#right = right;
  }

  at(ms: number): number {
    const share = (ms - this.#fromMs) / (this.#toMs - this.#fromMs);
    return this.#left + Math.min(1, Math.max(0, share)) * (this.#right - this.#left);
  }

  /** Lines through all rows, and the seconds below them. */
  ticks(top: number, bottom: number): string[] {
    const seconds = steps(this.#fromMs / 1_000, this.#toMs / 1_000, 8).filter(
      (each) => each * 1_000 >= this.#fromMs && each * 1_000 <= this.#toMs,
    );
    return seconds.map((second) => {
      const x = rounded(this.at(second * 1_000));
      const line = `<path d="M${x} ${rounded(top)}V${rounded(bottom)}" stroke="currentColor" stroke-opacity=".15"/>`;
      return line + label({ x, y: bottom + 18, text: shortNumber(second), anchor: "middle" });
    });
  }
}
