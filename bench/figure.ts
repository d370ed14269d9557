/**
 * Measuring: interleaved rounds of ours and the peer's, medians and spread, and the ratio from one run.
 *
 * Machines are shared and noisy, so no figure stands alone: each is taken beside its peer's in the same rounds, with the order
 * alternated.
 *
 * @module
 */

/** One line of bench/results.json. `ratio` is above 1 where isotls is better. */
export interface Figure {
  readonly name: string;
  readonly provider: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: string;
  readonly theirs: number;
  readonly ratio: number;
  /** Half the distance between the quartiles of the ratio's rounds, relative to it. */
  readonly spread: number;
}

/** A benchmark: it measures and says what it does while it does it. */
export interface Benchmark {
  readonly name: string;
  run(progress: (line: string) => void): Promise<readonly Figure[]>;
}

export interface Comparison {
  readonly name: string;
  readonly provider: string;
  readonly unit: string;
  readonly peer: string;
  /** Each call measures once and gives a rate in `unit`: more is better. */
  readonly ours: () => Promise<number> | number;
  readonly theirs: () => Promise<number> | number;
  readonly rounds?: number;
}

/** One of several that are measured in the same rounds. */
export interface Measured {
  readonly name: string;
  readonly provider: string;
  /** Measures once and gives a rate: more is better. */
  readonly measure: () => Promise<number> | number;
}

const ROUNDS = 7;

/** Measures all in the same rounds, one to warm up, and sets each of ours beside each of theirs. */
export async function compareAll(
  name: string,
  unit: string,
  ours: readonly Measured[],
  theirs: readonly Measured[],
  rounds: number = ROUNDS,
): Promise<readonly Figure[]> {
  const all = [...ours, ...theirs].map((measured) => ({ ...measured, rates: [] as number[] }));
  for (const { measure } of all) await measure();
  for (let round = 0; round < rounds; round++) {
    for (const { measure, rates } of round % 2 === 0 ? all : [...all].reverse()) rates.push(await measure());
  }
  const own = all.slice(0, ours.length);
  const others = all.slice(ours.length);
  return own.flatMap(({ provider, rates }) =>
    others.map((other) => ({ name, provider, unit, peer: other.name, ...beside(rates, other.rates) })),
  );
}

/** Runs the rounds of one comparison, one of each kind first to warm up. */
export async function compare(comparison: Comparison): Promise<Figure> {
  const { name, provider, unit, peer, ours, theirs, rounds = ROUNDS } = comparison;
  await ours();
  await theirs();
  const own: number[] = [];
  const other: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // The order alternates, so that neither always runs on the other's garbage.
    if (round % 2 === 0) own.push(await ours());
    other.push(await theirs());
    if (round % 2 === 1) own.push(await ours());
  }
  return { name, provider, unit, peer, ...beside(own, other) };
}

/** The medians, and that of the rounds' ratios. */
export function beside(
  own: readonly number[],
  other: readonly number[],
): Pick<Figure, 'ours' | 'theirs' | 'ratio' | 'spread'> {
  const ratios = own.map((rate, i) => rate / (other[i] ?? Number.NaN));
  const ratio = quantile(ratios, 0.5);
  return {
    ours: quantile(own, 0.5),
    theirs: quantile(other, 0.5),
    ratio,
    spread: (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2 / ratio,
  };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
