/** Reading a JMESPath expression. The library neither tells where an error is nor refuses every one, so this looks first. */
import { compile, tokenize } from '@jmespath-community/jmespath';
import { InvalidPathError } from './invalid-path-error.ts';

export type PathExpression = ReturnType<typeof compile>;

export type NodeOf<Type> = Extract<PathExpression, { readonly type: Type }>;

export const MAX_EXPRESSION_LENGTH = 512;

/** Throws InvalidPathError, which names the position, what came there and what was expected. */
export function parsePath(expression: string, functionNames: readonly string[]): PathExpression {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    const problem = `expected at most ${MAX_EXPRESSION_LENGTH} characters, got ${expression.length}`;
    throw new InvalidPathError(problem, MAX_EXPRESSION_LENGTH + 1);
  }
  const tokens = tokensOf(expression, functionNames);
  try {
    return compile(expression);
  } catch (error) {
    throw parseErrorOf(error, expression, tokens);
  }
}

interface Token {
  readonly text: string;
  /** Offset in the expression, from 0. */
  readonly start: number;
}

const NAME = /[A-Za-z_]\w*/;
const QUOTED = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|`(?:[^`\\]|\\[^])*`/;
const NUMBER = /-?\d+(?![\d-])/; // the library reads 1-2 as one number
const OPERATOR = /\$(?:[A-Za-z_]\w*)?|\[[?\]]?|[!<>=]=?|&&?|\|\|?|\/\/?|[-(){}\]*,.:@+%?\u2212\u00d7\u00f7]/;
const TOKEN = new RegExp([NAME, QUOTED, NUMBER, OPERATOR].map(({ source }) => source).join('|'), 'y');
const SPACE = /[ \t\r\n]*/y;

function tokensOf(expression: string, functionNames: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let start = endOfMatch(SPACE, expression, 0); start < expression.length;) {
    const end = endOfMatch(TOKEN, expression, start);
    const text = expression.slice(start, end);
    if (text === '') throw new InvalidPathError(strangeCharacter(expression, start), start + 1);
    if (/^["`]/.test(text) && !isReadable(text)) {
      const problem = `expected valid JSON between the ${text.startsWith('"') ? 'quotes' : 'backticks'}, got ${text}`;
      throw new InvalidPathError(problem, start + 1);
    }
    tokens.push({ text, start });
    start = endOfMatch(SPACE, expression, end);
  }
  tokens.forEach((token, i) => {
    if (tokens[i + 1]?.text === '(') requireFunction(token, functionNames);
  });
  return tokens;
}

function endOfMatch(sticky: RegExp, text: string, from: number): number {
  sticky.lastIndex = from;
  return from + (sticky.exec(text)?.[0].length ?? 0);
}

function strangeCharacter(expression: string, offset: number): string {
  const character = String.fromCodePoint(expression.codePointAt(offset) ?? 0);
  return /["'`]/.test(character)
    ? `expected a closing ${character} for the one that opens here, got the end of the expression`
    : `expected a name, a number, a quoted text or an operator, got ${JSON.stringify(character)}`;
}

function isReadable(text: string): boolean {
  try {
    return tokenize(text).length === 1;
  } catch {
    return false;
  }
}

function requireFunction({ text, start }: Token, functionNames: readonly string[]): void {
  if (!/^[A-Za-z_]/.test(text) || functionNames.includes(text)) return;
  const problem = `expected one of the functions ${functionNames.join(', ')}, got ${text}`;
  throw new InvalidPathError(problem, start + 1);
}

/**
 * The token at which the expression stops making sense is the last of the shortest beginning that can't be completed:
 * one that fails for another reason than its end. A longer beginning never can either, so halving finds it.
 */
function parseErrorOf(error: unknown, expression: string, tokens: readonly Token[]): InvalidPathError {
  let low = endsTooSoon(error) ? tokens.length : 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (canBeCompleted(expression.slice(0, tokens[middle + 1]?.start))) low = middle + 1;
    else high = middle;
  }
  const token = tokens[low];
  const got = token ? JSON.stringify(token.text) : 'the end of the expression';
  return new InvalidPathError(`expected ${expectationIn(error)}, got ${got}`, (token?.start ?? expression.length) + 1);
}

function canBeCompleted(beginning: string): boolean {
  try {
    compile(beginning);
    return true;
  } catch (error) {
    return endsTooSoon(error);
  }
}

const endsTooSoon = (error: unknown): boolean => messageOf(error).includes('EOF');

/** What the library's messages mean, in the words of somebody who reads the expression. */
const EXPECTATIONS: readonly (readonly [RegExp, string])[] = [
  [/expected Rbracket/, '"]"'],
  [/expected Rparen/, '")"'],
  [/expected Colon/, '":"'],
  [/expected Star/, 'an index, a slice, "*" or a filter in the brackets'],
  [/expecting an identifier/, 'a key'],
  [/expected a Field/, 'a function name before "("'],
  [/quoted identifier/, 'a function name without quotes'],
  [/too many colons/, 'at most two colons in a slice'],
  [/unexpected token type/, 'an operator or the end of the expression'],
  [/unexpected token: /, 'a name, "*", "[" or "{"'],
];

const expectationIn = (error: unknown): string =>
  EXPECTATIONS.find(([pattern]) => pattern.test(messageOf(error)))?.[1] ?? 'a value';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
