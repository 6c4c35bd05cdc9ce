/**
 * Finds the phrases that readers stumble over, in the lines that a change adds: `npm run check:words` (since CI_BASE, or the last commit),
 * or `--staged`. A list of words is a help; the aim is plain English, as CONTRIBUTING.md describes it.
 */
import { execFileSync } from 'node:child_process';

/** Each with what to write instead. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/(?<!there )\b(?:is|are|was|were) (?:no|none)\b(?! (?:more|longer|later|less))/i, '"is not", "has no"'],
  [/\b(?:is|are|was|were|be|been) told\b/i, '"receives", "gets", or the sender "sends", "reports"'],
  [/\bbeside\b/i, '"next to", "with"'],
  [/\bin vain\b/i, '"without success", or what failed'],
  [/\bwhoever\b|\bwhosoever\b/i, 'the noun: "a caller", "a client", "an operator"'],
  [/\b(?:is|are|was|were) (?:had|held)\b/i, '"cached", "reserved", "pending", "loaded"'],
  [/\bcan't be had\b/i, '"cannot be loaded"'],
  [/\bknows nothing (?:by|of)\b/i, '"not found"'],
  [/\bis given a pause\b/i, '"the circuit breaker is open"'],
  [/\b(?:stands?|stood) (?:in|at|first|last|above|below)\b/i, '"is", "appears"'],
];
const CHECKED = [
  '*.ts',
  '*.tsx',
  '*.md',
  '*.graphql',
  ':!**/__generated__/**',
  ':!src/graphql/generated/**',
  ':!scripts/check-words.ts',
];

const git = (...words: readonly string[]): string =>
  execFileSync('git', words, { encoding: 'utf8', maxBuffer: 2 ** 28 });
const isCommit = (name: string): boolean => {
  try {
    return git('rev-parse', '--verify', '--quiet', `${name}^{commit}`) !== '';
  } catch {
    return false;
  }
};

const { CI_BASE = '' } = process.env;
const base = isCommit(CI_BASE) ? CI_BASE : 'HEAD~1';
const range = process.argv.includes('--staged') ? ['--cached'] : isCommit(base) ? [base] : [];
const diff = git('diff', '--unified=0', '--no-color', ...range, '--', ...CHECKED);

let file = '';
let line = 0;
let found = 0;
for (const text of diff.split('\n')) {
  if (text.startsWith('+++ ')) file = text.slice('+++ b/'.length);
  else if (text.startsWith('@@')) line = Number(/\+(\d+)/.exec(text)?.[1]) - 1;
  else if (text.startsWith('+')) {
    line += 1;
    for (const [phrase, instead] of PHRASES) {
      const match = phrase.exec(text);
      if (match === null) continue;
      found += 1;
      process.stdout.write(`${file}:${line}: "${match[0]}". Write ${instead}.\n`);
    }
  }
}
if (found > 0) process.exitCode = 1;
