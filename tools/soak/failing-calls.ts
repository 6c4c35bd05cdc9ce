/**
 * Random operations over random sets of failing calls: `node tools/soak/failing-calls.ts [seed] [runs] [path]`. A failure prints
 * the seed and the path that repeat it.
 */
import { createSchema } from '../../src/graphql/schema.ts';
import { checkFailingOperations } from './containment/failing-operations.ts';

const [seed = String(Date.now() % 2 ** 31), runs = '10000', path] = process.argv.slice(2);
const parameters = { seed: Number(seed), numRuns: Number(runs), ...(path !== undefined && { path }) };
const say = (line: string) => void process.stdout.write(`${line}\n`);

say(`seed ${seed}, ${runs} operations`);
const start = Date.now();
const { tally, failure } = await checkFailingOperations(createSchema(), parameters, ({ seen, affected }) => {
  if (seen % 500 > 0) return;
  say(`${seen} operations, ${affected} affected, ${((Date.now() - start) / 1000).toFixed(0)} s`);
});
const { seen, affected, partly, nulls, refused } = tally;
say(
  `${seen} operations: ${affected} with fields that a failed call nulled, ${partly} with other fields next to them; ${nulls} nulls; ${refused} answers to refused keys that differ`,
);
if (failure !== null) {
  say(failure);
  process.exitCode = 1;
}
