/** Exact one-sided tests of whether failed runs have a fact more often than expected by chance. */

/** Logarithms of n!, computed as needed. */
export class LogFactorials {
  readonly #known: number[] = [0];

  of(n: number): number {
    for (let at = this.#known.length; at <= n; at += 1) this.#known.push((this.#known[at - 1] ?? 0) + Math.log(at));
    return this.#known[n] ?? 0;
  }

  /** Logarithm of the binomial coefficient. */
  choose(n: number, k: number): number {
    return this.of(n) - this.of(k) - this.of(n - k);
  }
}

/** Numbers of runs with and without a fact. */
export interface Table {
  readonly failed: number;
  readonly failedWith: number;
  readonly completed: number;
  readonly completedWith: number;
}

/** Natural logarithm of Fisher's p, because small values of p would be 0. */
export function fisherLogP({ failed, failedWith, completed, completedWith }: Table, logs: LogFactorials): number {
  const having = failedWith + completedWith;
  const all = logs.choose(failed + completed, having);
  const logOf = (count: number) => logs.choose(failed, count) + logs.choose(completed, having - count) - all;
  const first = logOf(failedWith);
  let sum = 0;
  for (let count = failedWith; count <= Math.min(failed, having); count += 1) sum += Math.exp(logOf(count) - first);
  return Math.min(0, first + Math.log(sum));
}

/**
 * Probability that this many failed runs have the fact by chance, if it were distributed randomly within each block of
 * successive runs. A fact that only depends on the time is as frequent among failed as among completed runs of a block.
 */
export function blockedP(blocks: readonly Table[], logs: LogFactorials): number {
  let observed = 0;
  /** Probability for each number of failed runs with the fact. */
  let sums = [1];
  for (const { failed, failedWith, completed, completedWith } of blocks) {
    observed += failedWith;
    const having = failedWith + completedWith;
    const all = logs.choose(failed + completed, having);
    const [low, high] = [Math.max(0, having - completed), Math.min(failed, having)];
    const next = new Array<number>(sums.length + high).fill(0);
    for (let count = low; count <= high; count += 1) {
      const p = Math.exp(logs.choose(failed, count) + logs.choose(completed, having - count) - all);
      for (const [sum, before] of sums.entries()) next[sum + count] = (next[sum + count] ?? 0) + before * p;
    }
    sums = next;
  }
  return sums.slice(observed).reduce((sum, p) => sum + p, 0);
}
