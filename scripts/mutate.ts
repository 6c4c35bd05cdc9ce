/**
 * Mutation testing of a room, a folder or a file of `src`: `npm run mutate -- domain/run/tokens.ts [--least 90] [--tests domain/tokens]`.
 * Each mutant is one small change of the code; it survives if no test fails. Only tests of the room that import the file are run (or those
 * that are named), and mutants again only where something has changed; with `--again` all of them, which also finds that a new test notices
 * a mutant of what is evaluated once, when the file is loaded.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { MutantResult } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { EQUIVALENT, type Equivalent } from './mutation/equivalent/index.ts';
import { optionsFor } from './mutation/options.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { least: { type: 'string', default: '0' }, tests: { type: 'string' }, again: { type: 'boolean' } },
});
const target = (positionals[0] ?? '').replace(/^src\//, '').replace(/\/$/, '');
const say = (line: string) => void process.stdout.write(`${line}\n`);

const texts = new Map<string, readonly string[]>();
function lineOf({ fileName, location }: MutantResult): string {
  const lines = texts.get(fileName) ?? readFileSync(fileName, 'utf8').split('\n');
  texts.set(fileName, lines);
  return lines[location.start.line - 1]?.trim() ?? '';
}

const fileOf = ({ fileName }: MutantResult): string => relative('src', fileName);
const equivalentOf = (mutant: MutantResult): Equivalent | undefined =>
  EQUIVALENT.find(
    ({ file, line, replacement }) =>
      file === fileOf(mutant) && line === lineOf(mutant) && replacement === mutant.replacement,
  );

const mutants = await new Stryker({
  ...optionsFor(target, values.tests?.split(',')),
  force: values.again ?? false,
}).runMutationTest();
const noticed = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout');
const survivors = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
const unnoticed = survivors.filter((mutant) => !equivalentOf(mutant));

for (const mutant of unnoticed) {
  const { location, replacement, status } = mutant;
  say(`${fileOf(mutant)}:${location.start.line}:${location.start.column} ${status}`);
  say(`  - ${lineOf(mutant)}`);
  say(`  + ${replacement.replaceAll('\n', ' ')}`);
}
const used = new Set(survivors.map(equivalentOf));
for (const equivalent of EQUIVALENT) {
  const isMutated = mutants.some((mutant) => fileOf(mutant) === equivalent.file);
  if (isMutated && !used.has(equivalent)) say(`no such survivor any more: ${equivalent.file}: ${equivalent.line}`);
}

const score = (100 * noticed.length) / (noticed.length + unnoticed.length);
say(
  `${target}: ${score.toFixed(1)} % of ${noticed.length + unnoticed.length} mutants noticed, ` +
    `${survivors.length - unnoticed.length} more are equivalent`,
);
if (!(score >= Number(values.least))) process.exitCode = 1;
