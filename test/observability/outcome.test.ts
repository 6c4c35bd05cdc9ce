import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { codeLabel, outcomeOf } from '../../src/observability/outcome.ts';
import { ERROR_CODES } from '../../src/upstream/errors.ts';
import { readProjectFile } from '../harness/compose.ts';

/** The first column of the table of error codes, in README or another page. */
function documentedCodes(): string[] {
  const docs = readdirSync(new URL('../../docs', import.meta.url)).filter((name) => name.endsWith('.md'));
  const pages = ['README.md', ...docs.map((name) => `docs/${name}`)].map(readProjectFile);
  const tables = pages.flatMap((page) => /^\| code +\|.*\n((?:\|.*\n)+)/m.exec(page)?.[1] ?? []);
  const cells = tables.flatMap((table) => table.split('\n').map((row) => row.split('|')[1] ?? ''));
  return cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, code = '']) => code));
}

describe('the label of an error code', () => {
  it('is the code itself, for every code that the gateway throws and that the docs list', () => {
    const documented = documentedCodes();
    expect(documented.length).toBeGreaterThan(15);
    const codes = [...ERROR_CODES, ...documented];
    expect(codes.filter((code) => codeLabel(code) !== code)).toEqual([]);
  });

  it('is OTHER for any other code', () => {
    expect(['', 'constructor', 'NEW_CODE', 'ok'].map(codeLabel)).toEqual(['OTHER', 'OTHER', 'OTHER', 'OTHER']);
  });
});

describe('the outcome of an operation', () => {
  it.each([
    [[], 'ok'],
    [['BAD_USER_INPUT'], 'client_error'],
    [['BAD_USER_INPUT', 'UPSTREAM_TIMEOUT'], 'upstream_error'],
    [['IDENTITY_UNAVAILABLE'], 'upstream_error'],
    [['IDEMPOTENCY_UNAVAILABLE'], 'upstream_error'],
    [['UPSTREAM_TIMEOUT', 'INTERNAL_SERVER_ERROR'], 'internal_error'],
  ])('with the error codes %j is %s', (errorCodes, outcome) => {
    expect(outcomeOf({ errorCodes, isAbandoned: false })).toBe(outcome);
    expect(outcomeOf({ errorCodes, isAbandoned: true })).toBe('abandoned');
  });
});
