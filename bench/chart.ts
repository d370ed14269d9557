/**
 * Draws the ratios as bars on a logarithmic scale, with a line where both are equal.
 *
 * @module
 */
import type { Figure } from './figure.ts';

const ROW = 26;
const LEFT = 370;
const WIDTH = 940;
const TOP = 64;

export function drawChart(figures: readonly Figure[], subtitle: string): string {
  const height = TOP + figures.length * ROW + 40;
  const logs = figures.map(({ ratio }) => Math.log10(ratio));
  const low = Math.min(-1, Math.floor(Math.min(...logs)));
  const high = Math.max(1, Math.ceil(Math.max(...logs)));
  const x = (log: number): number => LEFT + ((log - low) / (high - low)) * (WIDTH - LEFT - 90);
  const bars = figures.map(({ name, ratio, peer }, i) => {
    const y = TOP + i * ROW;
    const [from, to] = [x(0), x(Math.log10(ratio))];
    const colour = ratio >= 1 ? '#2a7f5f' : '#b5651d';
    return `<text x="${LEFT - 10}" y="${y + 16}" text-anchor="end">${escapeXml(name)}</text>
<rect x="${Math.min(from, to).toFixed(1)}" y="${y + 4}" width="${Math.abs(to - from).toFixed(1)}" height="16" rx="3" fill="${colour}"/>
<text x="${(Math.max(from, to) + 6).toFixed(1)}" y="${y + 16}" fill="#333">${ratio.toPrecision(2)} × ${escapeXml(peer)}</text>`;
  });
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => low + i).map(
    (
      log,
    ) => `<line x1="${x(log)}" x2="${x(log)}" y1="${TOP - 6}" y2="${height - 30}" stroke="${log === 0 ? '#333' : '#ddd'}"/>
<text x="${x(log)}" y="${height - 12}" text-anchor="middle" fill="#666">${10 ** log} ×</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="20" y="26" font-size="17" font-weight="bold">isotls against its peers (right of the line: isotls is faster)</text>
<text x="20" y="46" fill="#666">${escapeXml(subtitle)}</text>
${ticks.join('\n')}
${bars.join('\n')}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
