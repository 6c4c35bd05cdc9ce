import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { type Environment, SAMPLE, startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { codesOf, repeat } from '../harness/operations.ts';
import { send, sendByHttp, TRANSPORTS } from '../harness/transports.ts';
import { healthy, ScriptedUpstream } from '../harness/upstream.ts';
import { temporaryFiles } from './temporary-files.ts';

type Fields = Readonly<Record<string, unknown>>;

const LISTED = 'query Status($id: ID!) { run(workflowId: "wf", id: $id) { status } }';
const OTHER = 'query Other { workflow(id: "wf") { name } }';
const START = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
const LIVE = 'subscription Live { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
const ID = hash('sha256', LISTED);
const variables = { id: 'r1' };
const ANSWER = { data: { run: { status: 'COMPLETED' } } };
const PAGE = 'src/web/__generated__/persisted-documents.json';

const hashed = (sha256Hash: unknown): Fields => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });
const byHash = (query: string) => hashed(hash('sha256', query));
const STYLES: readonly (readonly [string, (id: string) => Fields])[] = [
  ['extensions.persistedQuery', hashed],
  ['documentId', (id) => ({ documentId: `sha256:${id}` })],
  ['id', (id) => ({ id })],
  ['an empty query and documentId', (id) => ({ query: '', documentId: id })],
];

const { folder, write } = temporaryFiles();
const apollo = (operations: unknown, fields: object = {}) => ({
  ...{ format: 'apollo-persisted-query-manifest', version: 1, operations },
  ...fields,
});
const manifest = write('manifest.json', { [`sha256:${ID}`]: LISTED });

describe('persisted operations', () => {
  const upstream = perBlock(
    new ScriptedUpstream((call) => {
      if (call.key === 'bad-key') return { status: 401, json: {} };
      if (call.runId === 'missing') return { status: 404, json: {} };
      if (call.endpoint === 'workflows') return { json: [] };
      return call.endpoint === 'execute' ? { json: { run_id: 'new' } } : healthy(call);
    }),
  );
  const envOf = (mode: string, manifests = manifest, more: Environment = {}) => ({
    ...{ PERSISTED_OPERATIONS: mode, PERSISTED_MANIFESTS: mode === 'off' ? '' : manifests },
    ...more,
  });
  const gateway = perBlock(new TestGateway({ upstream, env: envOf('allow'), clock: { now: createManualClock().now } }));
  const start = (...how: Parameters<typeof envOf>) => gateway.restart({ env: envOf(...how) });
  const ask = (request: Fields, transport: (typeof TRANSPORTS)[number] = 'HTTP POST', key?: string) =>
    send(transport, gateway.url, request, key);

  describe.each(['allow', 'only', 'off'])('the mode %s', (mode) => {
    beforeAll(() => start(mode));

    it.each(TRANSPORTS)('finds operations by each kind of id, or rejects them: %s', async (transport) => {
      for (const [style, name] of STYLES) {
        for (let time = 0; time < 3; time += 1) {
          const answer = await ask({ ...name(ID), variables }, transport);
          if (mode === 'off') expect(codesOf(answer)).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED']);
          else expect({ style, answer }).toEqual({ style, answer: ANSWER });
        }
        const { errors } = await ask(name(hash('sha256', OTHER)), transport);
        // Clients recognize this message, and then send the document.
        const message = mode === 'off' ? 'PersistedQueryNotSupported' : 'PersistedQueryNotFound';
        expect(errors).toMatchObject([{ message, extensions: { retryable: false } }]);
      }
    });

    it.each(TRANSPORTS)('accepts documents unless the mode is `only`: %s', async (transport) => {
      for (let time = 0; time < 3; time += 1) {
        expect(await ask({ query: LISTED, variables }, transport)).toEqual(ANSWER);
        for (const [request, codes] of [
          [{ query: `${LISTED} `, variables }, []],
          [{ query: '{ __typename }' }, []],
          // Only a hash is compared with the document.
          [{ query: '{ __typename }', documentId: ID }, []],
          [{ query: '{ __schema { queryType { name } } }' }, []],
          [{ query: 'not even GraphQL' }, ['GRAPHQL_PARSE_FAILED']],
        ] as const) {
          const found = codesOf(await ask(request, transport));
          const expected = mode === 'only' ? ['OPERATION_NOT_ALLOWED'] : codes;
          expect({ request, codes: found }).toEqual({ request, codes: expected });
        }
      }
    });
  });

  describe('operations registered by clients', () => {
    beforeAll(() => start('allow'));
    const NOT_FOUND = ['PERSISTED_QUERY_NOT_FOUND'];
    const codesFor = async (request: Fields, key?: string) =>
      codesOf(await ask(request, JSON.stringify(request).includes('subscription') ? 'graphql-ws' : 'HTTP POST', key));

    it.each(TRANSPORTS)('are found by each kind of id after registration over %s', async (transport) => {
      const query = `${LISTED} # ${transport}`;
      const id = hash('sha256', query);
      expect(codesOf(await ask({ ...hashed(id), variables }, transport))).toEqual(NOT_FOUND);
      expect(codesOf(await ask({ query, variables, ...byHash(OTHER) }, transport))).toEqual(['BAD_REQUEST']);
      expect(await ask({ query, variables, ...hashed(id) }, transport)).toEqual(ANSWER);
      for (const [, name] of STYLES) expect(await ask({ ...name(id), variables }, transport)).toEqual(ANSWER);
    });

    it('are registered only with an accepted key', async () => {
      for (const query of ['{ __typename }', `${OTHER} #`, `${START} #`, LIVE]) {
        for (const key of ['bad-key', '']) await ask({ query, ...byHash(query) }, 'HTTP POST', key).catch(() => null);
        expect({ query, codes: await codesFor({ ...byHash(query) }) }).toEqual({ query, codes: NOT_FOUND });
      }
    });

    it.each([
      ['is invalid', '{ nope }', {}],
      ['names a missing operation', `${LISTED} #1`, { operationName: 'Other' }],
      ['has a wrong variable', `${LISTED} #2`, { variables: { id: ['r1'] } }],
      ['gets the error NOT_FOUND', `${LISTED} #3`, { variables: { id: 'missing' } }],
    ])('are not registered by a first request that %s', async (_, query, params) => {
      await ask({ query: '{ run(workflowId: "wf", id: "missing") { id } }' }, 'HTTP POST', 'key-9');
      await ask({ query, ...params, ...byHash(query) }, 'HTTP POST', 'key-9');
      expect(await codesFor({ ...byHash(query), variables })).toEqual(NOT_FOUND);
    });

    it('may be mutations and subscriptions', async () => {
      expect(await codesFor({ query: START, ...byHash(START) })).toEqual([]);
      expect(await codesFor(byHash(START))).toEqual([]);
      const { data } = await ask({ query: LIVE, ...byHash(LIVE) }, 'graphql-ws');
      expect(data).toEqual({ runUpdated: { run: { status: 'COMPLETED' } } });
      expect(await ask(byHash(LIVE), 'graphql-sse')).toEqual({ data });
    });

    it.each<Fields>([
      { documentId: 'listsha256:ed' },
      { documentId: ID.toUpperCase() },
      { id: `${ID}0` },
      { ...hashed(hash('sha256', 'x')), documentId: ID },
    ])('are not found by another id: %j', async (request) => {
      expect(await codesFor({ ...request, variables })).toEqual(NOT_FOUND);
    });

    it('are looked up by hash first, then documentId, then id', async () => {
      expect(await ask({ ...hashed(ID), documentId: 'other', variables })).toEqual(ANSWER);
      expect(await ask({ documentId: ID, id: 'other', variables })).toEqual(ANSWER);
    });

    it('are evicted beyond their memory limit, least recently used first', async () => {
      await start('allow', manifest, { CACHE_MAX_BYTES: '1048576' });
      const texts = Array.from({ length: 60 }, (_, index) => `${LISTED} #${index}`.padEnd(500));
      const kept: number[] = [];
      for (const query of texts) {
        await ask({ query, variables, ...byHash(query) });
        await ask({ ...byHash(texts[0] ?? ''), variables });
      }
      for (const [index, query] of texts.entries()) {
        if (codesOf(await ask({ ...byHash(query), variables })).length === 0) kept.push(index);
      }
      expect(kept[0]).toBe(0);
      expect(kept.length).toBeLessThan(30);
      expect(kept.slice(1)).toEqual(texts.map((_, index) => index).slice(1 - kept.length));
    });
  });

  describe('operations of manifests', () => {
    it('come from manifests of both formats, and subscribe by id', async () => {
      await start('only', [manifest, write('apollo.json', apollo([{ id: 'live', body: LIVE }]))].join(','));
      for (const transport of ['graphql-ws', 'graphql-sse'] as const) {
        for (let time = 0; time < 2; time += 1) {
          // An id of the manifest need not be a hash, even next to the document.
          const event = await ask(time === 0 ? { documentId: 'live' } : { ...hashed('live'), query: LIVE }, transport);
          expect(event).toEqual({ data: { runUpdated: { run: { status: 'COMPLETED' } } } });
        }
      }
    });

    it.each(['HTTP POST', 'HTTP GET'] as const)('have cached responses over %s', async (transport) => {
      await start('only');
      const calls = upstream.calls.length;
      let etag: string | null = null;
      for (let time = 0; time < 3; time += 1) {
        const response = await sendByHttp(transport, gateway.url, { documentId: ID, variables });
        expect(await response.json()).toEqual(ANSWER);
        expect(response.headers.get('cache-control')).toBe('private, max-age=300');
        etag = response.headers.get('etag');
      }
      expect(upstream.calls).toHaveLength(calls + 1);
      expect(etag !== null).toBe(transport === 'HTTP GET');
      if (etag === null) return;
      const again = { ...hashed(ID), variables };
      expect((await sendByHttp(transport, gateway.url, again, 'key-1', { 'if-none-match': etag })).status).toBe(304);
    });

    it('are the only ones accepted in the mode `only`', async () => {
      await start('only');
      const statusOf = async (accept: string) =>
        (await sendByHttp('HTTP POST', gateway.url, { query: OTHER }, 'key-1', { accept })).status;
      expect(await statusOf('application/json')).toBe(200);
      expect(await statusOf('application/graphql-response+json')).toBe(403);
    });

    it('include all operations of the run page by their ids', async () => {
      await start('only', PAGE);
      const operations = JSON.parse(readFileSync(PAGE, 'utf8')) as Record<string, string>;
      for (const [documentId, query] of Object.entries(operations)) {
        const transport = query.includes('subscription ') ? 'graphql-ws' : 'HTTP POST';
        // Without its variables: the operation itself is accepted.
        const codes = codesOf(await ask({ documentId }, transport));
        expect({ query, codes: new Set(codes).difference(new Set(['BAD_USER_INPUT', 'NOT_FOUND'])) }).toEqual({
          query,
          codes: new Set(),
        });
      }
    });
  });
});

describe('a manifest', () => {
  const WRONG = 'it must be {"<hash>": "<document>", …} or';
  it.each<[string, unknown, string]>([
    ['is not JSON', '{', 'it must be JSON, got something else'],
    ['is a list', [], WRONG],
    ['has a value that is not a string', { aa: 7 }, WRONG],
    ['has another version', apollo([], { version: 2 }), WRONG],
    ['has only a format', { format: 'another' }, WRONG],
    ['has an operation without a body', apollo([{ id: 'aa' }]), WRONG],
    ['has an unknown field', { aa: 'query\n  Q { colour }' }, 'Q (aa): Cannot query field "colour"'],
    ['has bad syntax', { aa: 'query Q {' }, 'Q (aa): Syntax Error'],
    ['has too many tokens', { aa: `query Q { ${'a '.repeat(5001)} }` }, 'Q (aa): Syntax Error'],
    ['has only a fragment', { aa: 'fragment F on Run { id }' }, '(aa): it contains no operation'],
    [
      'passes a limit',
      { aa: `query Q { ${repeat(101, (index) => `a${index}: __typename`)} }` },
      'Q (aa): This operation has 101 aliases',
    ],
    [
      'repeats an id',
      apollo([
        { id: 'aa', body: LISTED },
        { id: 'aa', body: OTHER },
      ]),
      'Other (aa): another document has the same id',
    ],
  ])('prevents the start and names the problem if it %s', async (_, content, problem) => {
    const path = write('bad.json', content);
    const starting = startGateway({
      upstream: SAMPLE,
      env: { PERSISTED_OPERATIONS: 'allow', PERSISTED_MANIFESTS: path },
    });
    await expect(starting).rejects.toThrow(`PERSISTED_MANIFESTS: ${path}: `);
    await expect(starting).rejects.toThrow(problem);
  });

  it('prevents the start if it is missing', async () => {
    const starting = startGateway({
      upstream: SAMPLE,
      env: { PERSISTED_OPERATIONS: 'allow', PERSISTED_MANIFESTS: join(folder, 'none.json') },
    });
    await expect(starting).rejects.toThrow('it cannot be read: ENOENT');
  });
});
