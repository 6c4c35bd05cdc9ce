/**
 * Compares derived values of random runs with the reference implementation: `node tools/soak/derived-values.ts [seed] [runs]
 * [path]`. A failure prints the seed and the path that repeat it.
 */
import { compareWithReference } from '../../test/reference/compare-with-reference.ts';

const [seed = String(Date.now() % 2 ** 31), runs = '100000', path] = process.argv.slice(2);
const say = (line: string) => void process.stdout.write(`${line}\n`);

say(`derived values: seed ${seed}, ${runs} runs`);
const start = Date.now();
const outcome = compareWithReference(
  { seed: Number(seed), numRuns: Number(runs), ...(path !== undefined && { path }) },
  (seen) => {
    if (seen % 10_000 === 0) say(`${seen} runs, ${((Date.now() - start) / 1000).toFixed(0)} s`);
  },
);
say(outcome ?? `no difference in ${runs} runs`);
if (outcome !== null) process.exitCode = 1;
