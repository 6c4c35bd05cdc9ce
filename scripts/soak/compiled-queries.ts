/**
 * Compares compiled queries with graphql-js over random operations, for as long as they are asked to:
 * `node scripts/soak/compiled-queries.ts [seed] [runs] [path]`. A failure names the seed and the path that lead to it again.
 */
import { createSchema } from '../../src/graphql/schema.ts';
import { checkRandomOperations } from '../../test/support/compared-operations.ts';

const [seed = String(Date.now() % 2 ** 31), runs = '100000', path] = process.argv.slice(2);
const parameters = { seed: Number(seed), numRuns: Number(runs), ...(path !== undefined && { path }) };
const say = (line: string) => void process.stdout.write(`${line}\n`);

say(`seed ${seed}, ${runs} operations`);
const start = Date.now();
const outcome = await checkRandomOperations(createSchema(), parameters, ({ seen, compiled }) => {
  if (seen % 1000 > 0) return;
  const share = ((100 * compiled) / seen).toFixed(1);
  say(`${seen} operations, ${share} % compiled, ${((Date.now() - start) / 1000).toFixed(0)} s`);
});
for (const [what, count] of [...outcome.counts].sort(([, one], [, other]) => one - other)) say(`${count} × ${what}`);
say(
  `${outcome.compiled} compiled, ${outcome.withErrors} with errors, ${outcome.refused} with variables that were refused`,
);
if (outcome.failure !== null) {
  say(outcome.failure);
  process.exitCode = 1;
}
