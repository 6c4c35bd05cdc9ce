/**
 * Finds phrases that readers stumble over, in all tracked text or below given paths: `npm run check:words -- [--count] [path…]`.
 * `--staged` checks only staged lines. A word list is a help; the aim is plain English, as CONTRIBUTING.md describes it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import ts from 'typescript';

/** The habit, its phrases, and the words to use instead. */
const HABITS: readonly (readonly [string, RegExp, string])[] = [
  ['told', /\b(?:told|tells?)\b/gi, '"sends", "returns", "reports", "receives"'],
  ['what is', /\bwhat (?:is|are|was|were)\b(?![^.]*\?)/gi, 'the noun: "the shared data", "the cached runs"'],
  ['is no', /(?<!there )\b(?:is|are|was|were) (?:no|none)\b(?! (?:more|longer|later|less))/gi, '"is not", "has no"'],
  ['beside', /\bbeside\b/gi, '"next to", "with"'],
  ['whoever', /\bwho(?:so)?ever\b/gi, 'the noun: "a caller", "a client", "an operator"'],
  ['of which', /\bof (?:which|whom)\b/gi, 'a second sentence with its own subject'],
  ['one that', /(?<!\b(?:the|this|each|every|only) )\bone (?:that|who|which|whose)\b/gi, 'the noun'],
  ['held', /\b(?:is|are|was|were|be|been|being) (?:had|held)\b/gi, '"cached", "reserved", "pending", "loaded"'],
  ['stands', /\b(?:stands?|stood)\b(?! (?:for|still)\b|-in\b)/gi, '"is", "appears"'],
  ['alone', /(?<!\b(?:works?|working|polls?|leaves?) )(?<=\w )alone(?=[ .,;:)]|$)/gi, '"only"'],
  ['came of', /\b(?:came|comes?|becomes?|became) of\b/gi, '"the result", "the outcome"'],
  ['all the same', /\ball the same\b/gi, '"anyway", "still"'],
  ['in vain', /\bin vain\b/gi, '"without success", or what failed'],
  ['knows nothing', /\bknows nothing (?:by|of)\b/gi, '"not found"'],
  ['given a pause', /\bis given a pause\b/gi, '"the circuit breaker is open"'],
];
/** A title is read alone, in a list of failures. */
const FRAGMENT = /^(?!(?:nginx|npm)\b)[a-z]+(?![\w./-])/;
const TEXT =
  /\.(?:tsx?|[cm]js|md|graphql|ya?ml|conf|cfg|lua|css|html)$|(?:^|\/)(?:Dockerfile|Caddyfile|\.env\.example)$|^\.ci\/|^tools\/ci\//;
const EXCLUDED = [':!**/__generated__/**', ':!src/graphql/generated/**', ':!tools/checks/check-words.ts'];

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

const git = (...words: readonly string[]): string =>
  execFileSync('git', words, { encoding: 'utf8', maxBuffer: 2 ** 28 });

/** Titles of tests that begin in the middle of a sentence. */
function fragmentsIn(file: string): Line[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found: Line[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node) || !/^(?:it|test)\b/.test(node.expression.getText(source))) return;
    const [title] = node.arguments;
    if (!title) return;
    const text = ts.isTemplateExpression(title) ? title.head.text : ts.isStringLiteralLike(title) ? title.text : '';
    if (!FRAGMENT.test(text)) return;
    found.push({ file, number: source.getLineAndCharacterOfPosition(title.getStart(source)).line + 1, text });
  };
  visit(source);
  return found;
}

function trackedLines(paths: readonly string[]): Line[] {
  const files = git('ls-files', '-z', '--', ...(paths.length > 0 ? paths : ['.']), ...EXCLUDED).split('\0');
  return files
    .filter((file) => TEXT.test(file))
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((text, index) => ({ file, number: index + 1, text })),
    );
}

function stagedLines(): Line[] {
  const lines: Line[] = [];
  let [file, number] = ['', 0];
  for (const text of git('diff', '--cached', '--unified=0', '--no-color', '--', '.', ...EXCLUDED).split('\n')) {
    if (text.startsWith('+++ ')) file = text.slice('+++ b/'.length);
    else if (text.startsWith('@@')) number = Number(/\+(\d+)/.exec(text)?.[1]);
    else if (text.startsWith('+') && TEXT.test(file)) lines.push({ file, number: number++, text: text.slice(1) });
  }
  return lines;
}

const { values, positionals } = parseArgs({
  options: { staged: { type: 'boolean' }, count: { type: 'boolean' } },
  allowPositionals: true,
});
const lines = values.staged ? stagedLines() : trackedLines(positionals);
const found = HABITS.map(([habit, phrase, instead]) => ({
  habit,
  hits: lines.flatMap(({ file, number, text }) =>
    [...text.matchAll(phrase)].map(([words]) => `${file}:${number}: "${words}". Write ${instead}.`),
  ),
}));

const placeOf = ({ file, number }: Line) => `${file}:${number}`;
const places = new Set(lines.map(placeOf));
const tests = [...new Set(lines.map(({ file }) => file))].filter((file) => /\.test\.tsx?$/.test(file));
const hits = tests.flatMap(fragmentsIn).filter((line) => places.has(placeOf(line)));
found.push({
  habit: 'title',
  hits: hits.map((line) => `${placeOf(line)}: "${line.text}". Write a sentence that begins with its subject.`),
});

if (values.count) {
  for (const { habit, hits } of found) process.stdout.write(`${String(hits.length).padStart(5)} ${habit}\n`);
} else {
  for (const hit of found.flatMap(({ hits }) => hits)) process.stdout.write(`${hit}\n`);
  if (found.some(({ hits }) => hits.length > 0)) process.exitCode = 1;
}
