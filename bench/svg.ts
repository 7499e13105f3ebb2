/** A picture of some lines over the same x values; both axes count in powers of ten. */
export interface LineChart {
  readonly title: string;
  readonly x: { readonly label: string; readonly values: readonly number[] };
  readonly y: { readonly label: string; readonly mark: { readonly value: number; readonly label: string } };
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const width = 720;
const height = 400;
const inner = { left: 70, right: 580, top: 50, bottom: 340 };
// Apart for those who do not see red and green apart (Okabe and Ito).
const colours = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00"];

export function lineChart({ title, x, y, series }: LineChart): string {
  const all = [...series.flatMap(({ values }) => values), y.mark.value];
  const across = scale(x.values, inner.left, inner.right);
  const up = scale(all, inner.bottom, inner.top);
  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(inner.left, 26, title, 'font-weight="bold"'),
    ...x.values.flatMap((value) => [
      line(across(value), inner.top, across(value), inner.bottom, "#e5e5e5"),
      text(across(value), inner.bottom + 20, value.toLocaleString("en-US"), 'text-anchor="middle"'),
    ]),
    ...powers(all).flatMap((value) => [
      line(inner.left, up(value), inner.right, up(value), "#e5e5e5"),
      text(inner.left - 8, up(value) + 4, value.toLocaleString("en-US"), 'text-anchor="end"'),
    ]),
    text((inner.left + inner.right) / 2, height - 14, x.label, 'text-anchor="middle"'),
    text(16, (inner.top + inner.bottom) / 2, y.label, `transform="rotate(-90 16 ${(inner.top + inner.bottom) / 2})"`),
    line(inner.left, up(y.mark.value), inner.right, up(y.mark.value), "#333333", 'stroke-dasharray="6 4"'),
    text(inner.left + 6, up(y.mark.value) - 6, y.mark.label),
    ...series.flatMap(({ label, values }, index) => {
      const colour = colours[index % colours.length] ?? "#000000";
      const points = values.map((value, at) => `${fixed(across(x.values[at] ?? 1))},${fixed(up(value))}`).join(" ");
      return [
        `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
        `<rect x="${inner.right + 16}" y="${inner.top + index * 22}" width="14" height="4" fill="${colour}"/>`,
        text(inner.right + 36, inner.top + index * 22 + 7, label),
      ];
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-family="sans-serif" font-size="12">\n${parts.join("\n")}\n</svg>\n`;
}

/** Where a value lies between two ends, by its logarithm. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const ticks = powers(values);
  const [low, high] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  return (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
}

/** The powers of ten that have all values between them. */
function powers(values: readonly number[]): number[] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)).map((value) =>
    Number(value.toPrecision(1)),
  );
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, more = ""): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${colour}" ${more}/>`;
}

function text(x: number, y: number, content: string, more = ""): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${more}>${content}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
