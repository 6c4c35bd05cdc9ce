/**
 * Error codes in the metrics, and the outcome of an operation: for every documented code, and for an embedder's
 * codes.
 */
import { readdirSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { GraphQLError } from 'stepgate';
import { readProjectFile } from '../deploy/compose.ts';
import { SAMPLE, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';

/** The first column of the tables of error codes, in README and the docs. */
function documentedCodes(): string[] {
  const docs = readdirSync(new URL('../../docs', import.meta.url)).filter((name) => name.endsWith('.md'));
  const pages = ['README.md', ...docs.map((name) => `docs/${name}`)].map(readProjectFile);
  const tables = pages.flatMap((page) => /^\| code +\|.*\n((?:\|.*\n)+)/m.exec(page)?.[1] ?? []);
  const cells = tables.flatMap((table) => table.split('\n').map((row) => row.split('|')[1] ?? ''));
  return [...new Set(cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, code = '']) => code)))];
}

/** Failures of the gateway or of a service that it depends on. Every other code is a mistake of the client. */
const FAILURES: Readonly<Record<string, string>> = {
  INTERNAL_SERVER_ERROR: 'internal_error',
  UPSTREAM_UNAVAILABLE: 'upstream_error',
  UPSTREAM_TIMEOUT: 'upstream_error',
  UPSTREAM_OVERLOADED: 'upstream_error',
  UPSTREAM_CONTRACT_VIOLATION: 'upstream_error',
  IDENTITY_UNAVAILABLE: 'upstream_error',
  IDEMPOTENCY_UNAVAILABLE: 'upstream_error',
};

const log = captureLog('info');
const fail = {
  calls: 0,
  resolve: (_: undefined, { code }: Readonly<Record<string, unknown>>) => {
    throw new GraphQLError('as the test wants', { extensions: { code } });
  },
};
const extension = { typeDefs: 'extend type Query { fail(code: String!): String }', fields: { Query: { fail } } };
const gateway = perBlock(new TestGateway({ upstream: SAMPLE, logger: log.logger, extension }));

async function outcomeOf(...codes: string[]): Promise<unknown> {
  const fields = codes.map((code, index) => `f${index}: fail(code: "${code}")`);
  const { errors } = await gateway.query(`{ __typename ${fields.join(' ')} }`, { key: 'demo-key' });
  expect(errors.map(({ extensions }) => extensions.code).sort()).toEqual(codes.toSorted());
  return log.operations.at(-1)?.outcome;
}
const counts = async () => {
  const figures = await (await fetch(`${gateway.url}/metrics`)).text();
  const samples = figures.matchAll(/^stepgate_operation_errors_total\{code="(\w+)"\} (\d+)$/gm);
  return new Map([...samples].map(([, code = '', count]) => [code, Number(count)]));
};

it('counts each documented code by name and derives the outcome from it', async () => {
  const codes = documentedCodes();
  expect(codes.length).toBeGreaterThan(15);
  const before = await counts();
  for (const code of codes) {
    expect([code, await outcomeOf(code)]).toEqual([code, FAILURES[code] ?? 'client_error']);
  }
  const after = await counts();
  expect(codes.filter((code) => (after.get(code) ?? 0) !== (before.get(code) ?? 0) + 1)).toEqual([]);
});

it('counts any other code as OTHER, so embedders create no series', async () => {
  const names = [...(await counts()).keys()];
  for (const code of ['NEW_CODE', 'constructor', 'ok']) await outcomeOf(code);
  const after = await counts();
  expect(after.get('OTHER')).toBe(3);
  expect([...after.keys()].sort()).toEqual([...new Set([...names, 'OTHER'])].sort());
});

it.each([
  [[], 'ok'],
  [['BAD_USER_INPUT', 'UPSTREAM_TIMEOUT'], 'upstream_error'],
  [['UPSTREAM_TIMEOUT', 'INTERNAL_SERVER_ERROR'], 'internal_error'],
])('derives the outcome from the worst of several codes: %j is %s', async (codes, outcome) => {
  expect(await outcomeOf(...codes)).toBe(outcome);
});
