/** Reads REDACTION. Errors prevent the start and name the number of the rule. */
import { RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
import type { AST } from '@eslint-community/regexpp';
import { z } from 'zod';
import { plainName, type RedactionRule } from '../domain/redaction/redactor.ts';
import { ConfigError, wrongMembers } from '../config/config-error.ts';
import { readJsonFile } from '../config/json-file.ts';

/** Names that computed values and conversations need. */
const READ_BY_FIGURES: ReadonlySet<string> = new Set(['usage', 'tokens', 'model', 'choices', 'messages']);
const MAX_PATTERNS = 20;
const MAX_PATTERN_LENGTH = 200;

const NAMES = 'a list of names, at least one';
const PATTERNS = `a list of regular expressions of at most ${MAX_PATTERN_LENGTH} characters, at least one`;
const names = z.array(z.string(NAMES).min(1, NAMES), NAMES).min(1, NAMES).optional();

const RULES = z.strictObject(
  {
    rules: z.array(
      z.strictObject(
        {
          keys: names,
          texts: z.literal(true, 'true, or omitted').optional(),
          keep: names,
          patterns: z
            .array(z.string(PATTERNS).min(1, PATTERNS).max(MAX_PATTERN_LENGTH, PATTERNS), PATTERNS)
            .min(1, PATTERNS)
            .optional(),
          unless: z
            .string('a right')
            .regex(/^\S{1,256}$/, 'a right: 1 to 256 characters without blanks')
            .optional(),
        },
        'an object of keys, texts, keep, patterns and unless',
      ),
      'a list of rules',
    ),
  },
  'an object of rules',
);

type Rule = z.output<typeof RULES>['rules'][number];

export const readRedactionFile = (path: string): readonly RedactionRule[] =>
  readRedaction(readJsonFile(path, wrongFile), path);

/** Throws ConfigError. `source` is the file, or an embedder's option. */
export function readRedaction(given: unknown, source: string): readonly RedactionRule[] {
  const { data, error } = RULES.safeParse(given, { reportInput: true });
  if (error) throw wrongFile(source, wrongMembers(error));
  const patterns = data.rules.flatMap((rule) => rule.patterns ?? []);
  if (patterns.length > MAX_PATTERNS)
    throw wrongFile(source, `at most ${MAX_PATTERNS} patterns, got ${patterns.length}`);
  return data.rules.map((rule, index) =>
    readRule(rule, (problem) => wrongFile(source, `rule ${index + 1}: ${problem}`)),
  );
}

function readRule(rule: Rule, wrong: (problem: string) => Error): RedactionRule {
  const { keys = [], keep = [], patterns = [] } = rule;
  const texts = rule.texts === true;
  if (keys.length === 0 && !texts && patterns.length === 0) throw wrong('keys, texts or patterns must be set');
  if (keep.length > 0 && !texts) throw wrong('keep needs texts');
  const figure = keys.find((key) => READ_BY_FIGURES.has(plainName(key)));
  if (figure !== undefined) throw wrong(`keys must not name "${figure}", which computed values need`);
  return {
    keys: new Set(keys.map(plainName)),
    texts,
    keep: new Set(keep.map(plainName)),
    patterns: patterns.map((pattern, index) => {
      const problem = problemOf(pattern);
      if (problem !== null) throw wrong(`pattern ${index + 1} ${problem}`);
      return new RegExp(pattern, 'gu');
    }),
    unless: rule.unless ?? null,
  };
}

/** Returns null for a usable pattern. A pattern that takes hours on some payload would block the gateway. */
function problemOf(pattern: string): string | null {
  let ast: AST.Pattern;
  try {
    ast = new RegExpParser().parsePattern(pattern, undefined, undefined, { unicode: true });
  } catch (error) {
    return `must be a regular expression: ${(error as Error).message}`;
  }
  const problems: string[] = [];
  visitRegExpAST(ast, {
    onBackreferenceEnter: () => void problems.push('must not contain a back-reference'),
    onAssertionEnter({ kind }) {
      if (kind === 'lookahead' || kind === 'lookbehind') problems.push('must not contain lookaround');
    },
  });
  if (waysOfAll(ast.alternatives) > MAX_WAYS)
    problems.push('must have fewer repetitions: it can match a string in too many ways');
  if (matchesNothing(ast)) problems.push('must not match an empty string');
  return problems[0] ?? null;
}

/** Number of ways a pattern may match from one position: a matcher may try all of them. */
const MAX_WAYS = 1_000_000;
/** Lengths assumed for an unlimited repetition. A pattern can have at most three of these. */
const UNLIMITED = 100;

const waysOfAll = (alternatives: readonly AST.Alternative[]): number =>
  alternatives.reduce((ways, { elements }) => ways + elements.reduce((product, each) => product * waysOf(each), 1), 0);

function waysOf(element: AST.Element): number {
  if (element.type === 'Group' || element.type === 'CapturingGroup') return waysOfAll(element.alternatives);
  if (element.type !== 'Quantifier') return 1;
  const { min, max } = element;
  const inner = waysOf(element.element);
  const lengths = max === Infinity ? UNLIMITED : max - min + 1;
  // Each repetition can match differently. `1 ** Infinity` is NaN.
  return inner === 1 ? lengths : lengths * inner ** max;
}

const matchesNothing = ({ raw }: AST.Pattern): boolean => new RegExp(raw, 'u').test('');

const wrongFile = (source: string, problem: string): ConfigError =>
  new ConfigError(`REDACTION: ${source}: ${problem}. Correct it (docs/redaction.md), or leave it unset.`);
