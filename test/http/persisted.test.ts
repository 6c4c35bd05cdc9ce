import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createManualClock } from '../harness/clock.ts';
import { send, sendByHttp, TRANSPORTS } from '../harness/transports.ts';

const LISTED = 'query Status($id: ID!) { run(workflowId: "wf", id: $id) { status } }';
const OTHER = 'query Other { workflow(id: "wf") { id } }';
const ID = hash('sha256', LISTED);
const OTHER_ID = hash('sha256', OTHER);
const hashed = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

const STYLES: readonly (readonly [string, (id: string) => Readonly<Record<string, unknown>>])[] = [
  ['extensions.persistedQuery', hashed],
  ['documentId', (id) => ({ documentId: `sha256:${id}` })],
  ['id', (id) => ({ id })],
  ['an empty query beside documentId', (id) => ({ query: '', documentId: id })],
];
const variables = { id: 'r1' };
const ANSWER = { data: { run: { status: 'COMPLETED' } } };
const codesOf = ({ errors }: Awaited<ReturnType<typeof send>>) => errors?.map(({ extensions }) => extensions.code);

describe('persisted operations', () => {
  let folder: string;
  let manifest: string;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'persisted-'));
    manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, JSON.stringify({ [`sha256:${ID}`]: LISTED }));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function start(mode: string, manifests = manifest): Promise<void> {
    upstream = await startFaultyUpstream();
    const environment = {
      UPSTREAM_URL: upstream.url,
      PERSISTED_OPERATIONS: mode,
      PERSISTED_MANIFESTS: mode === 'off' ? '' : manifests,
    };
    gateway = await startGateway(environment, { now: createManualClock().now });
  }
  describe.each(TRANSPORTS)('over %s', (transport) => {
    /** By mode. Only the last test registers an operation. */
    const started = new Map<string, readonly [TestGateway, FaultyUpstream]>();
    afterAll(async () => {
      for (const parts of started.values()) for (const part of parts) await part.close();
    });
    const use = async (mode: string): Promise<void> => {
      const known = started.get(mode);
      if (known) [gateway, upstream] = known;
      else await start(mode);
      started.set(mode, [gateway, upstream]);
    };
    const ask = (request: Readonly<Record<string, unknown>>) => send(transport, gateway.url, request);

    it.each(STYLES)('by %s, are answered where they are allowed', async (_, name) => {
      for (const mode of ['allow', 'only']) {
        await use(mode);
        for (let time = 0; time < 3; time += 1) expect(await ask({ ...name(ID), variables })).toEqual(ANSWER);
        const unknown = await ask({ ...name(OTHER_ID) });
        expect(unknown.errors).toMatchObject([
          {
            message: 'PersistedQueryNotFound',
            extensions: { code: 'PERSISTED_QUERY_NOT_FOUND', retryable: false, requestId: expect.any(String) },
          },
        ]);
      }
    });

    it.each(STYLES)('by %s, are not supported where they are off', async (_, name) => {
      await use('off');
      expect(codesOf(await ask({ ...name(ID), variables }))).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED']);
      expect(await ask({ query: LISTED, variables })).toEqual(ANSWER);
    });

    it('only: passes the text of the manifest, and nothing that differs in a byte', async () => {
      await use('only');
      for (let time = 0; time < 3; time += 1) {
        expect(await ask({ query: LISTED, variables })).toEqual(ANSWER);
        for (const refused of [
          { query: `${LISTED} `, variables },
          { query: OTHER },
          { query: OTHER, documentId: ID },
          { query: OTHER, ...hashed(OTHER_ID) },
          { query: '{ __schema { queryType { name } } }' },
          { query: 'not even GraphQL' },
        ]) {
          expect(codesOf(await ask(refused))).toEqual(['OPERATION_NOT_ALLOWED']);
        }
      }
    });

    it('allow: are registered by text and hash, and then answered by hash', async () => {
      await use('allow');
      expect(codesOf(await ask(hashed(OTHER_ID)))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
      expect(codesOf(await ask({ query: OTHER, ...hashed(ID.replace(/./g, '0')) }))).toEqual(['BAD_REQUEST']);
      expect(await ask({ query: OTHER, ...hashed(OTHER_ID) })).toEqual({ data: { workflow: { id: 'wf' } } });
      for (const [, name] of STYLES) expect(await ask(name(OTHER_ID))).toEqual({ data: { workflow: { id: 'wf' } } });
      expect(await ask({ query: LISTED, variables })).toEqual(ANSWER);
    });
  });

  describe('by name, and as others are answered', () => {
    afterEach(async () => {
      await gateway.close();
      await upstream.close();
    });

    it('are subscribed to by name', async () => {
      const query = 'subscription Live { runUpdated(workflowId: "wf", id: "r1") { status } }';
      const path = join(folder, 'live.json');
      writeFileSync(path, JSON.stringify({ live: query }));
      await start('only', `${manifest},${path}`);
      for (const transport of ['graphql-ws', 'graphql-sse'] as const) {
        for (let time = 0; time < 2; time += 1) {
          const event = await send(transport, gateway.url, { documentId: 'live' });
          expect(event).toEqual({ data: { runUpdated: { status: 'COMPLETED' } } });
        }
      }
    });

    it.each(['HTTP POST', 'HTTP GET'] as const)('are ready answers over %s like any other', async (transport) => {
      await start('only');
      for (let time = 0; time < 3; time += 1) {
        const response = await sendByHttp(transport, gateway.url, { documentId: ID, variables });
        expect(await response.json()).toEqual(ANSWER);
        expect(response.headers.get('cache-control')).toBe('private, max-age=300');
        expect(response.headers.get('etag') !== null).toBe(transport === 'HTTP GET');
      }
      expect(upstream.calls).toHaveLength(1);
    });

    it('are not sent again over GET to who has them', async () => {
      await start('only');
      const first = await sendByHttp('HTTP GET', gateway.url, { ...hashed(ID), variables });
      const validator = { 'if-none-match': first.headers.get('etag') ?? '' };
      for (let time = 0; time < 3; time += 1) {
        expect(
          (await sendByHttp('HTTP GET', gateway.url, { ...hashed(ID), variables }, 'key-1', validator)).status,
        ).toBe(304);
      }
    });

    it('are refused with a status where the client can trust it', async () => {
      await start('only');
      const statusOf = async (accept: string) =>
        (await sendByHttp('HTTP POST', gateway.url, { query: OTHER }, 'key-1', { accept })).status;
      expect(await statusOf('application/json')).toBe(200);
      expect(await statusOf('application/graphql-response+json')).toBe(403);
    });

    it('of the page are all answered by their names', async () => {
      await start('only', 'src/web/__generated__/persisted-documents.json');
      const operations = JSON.parse(readFileSync('src/web/__generated__/persisted-documents.json', 'utf8')) as Record<
        string,
        string
      >;
      const all = {
        workflowId: 'wf',
        id: 'r1',
        runId: 'r1',
        baseId: 'r1',
        headId: 'r2',
        stepId: 's',
        baseStepId: 's',
        headStepId: 's',
        runIds: ['r1'],
        search: 'a',
        withFailures: true,
        isInputs: true,
        first: 20,
        last: 100,
      };
      for (const [documentId, query] of Object.entries(operations)) {
        const transport = query.includes('subscription ') ? 'graphql-ws' : 'HTTP POST';
        const answer = await send(transport, gateway.url, { documentId, variables: all });
        expect({ query, codes: codesOf(answer)?.filter((code) => code !== 'NOT_FOUND') ?? [] }).toEqual({
          query,
          codes: [],
        });
      }
    });
  });
});
