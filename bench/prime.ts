/** Fills a contender's cache with runs, over GraphQL: 100 runs a query, a few queries at once. */
import type { StartedContender } from './contenders.ts';
import { askForData, runsBody } from './queries.ts';

const RUNS_A_QUERY = 100;
const QUERIES_AT_ONCE = 4;

export async function prime({ name, url }: StartedContender, idPrefix: string, runs: number): Promise<void> {
  let next = 0;
  const ask = async () => {
    while (next < runs) {
      const first = next;
      next += RUNS_A_QUERY;
      const count = Math.min(RUNS_A_QUERY, runs - first);
      const ids = Array.from({ length: count }, (_, index) => `${idPrefix}${first + index}`);
      await askForData(name, url, runsBody(ids));
    }
  };
  await Promise.all(Array.from({ length: QUERIES_AT_ONCE }, ask));
}
