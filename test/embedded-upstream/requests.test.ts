import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createEmbeddedUpstream } from '../../src/embedded-upstream/server.ts';
import { startUpstream, type Upstream, type WireRun } from './harness.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});

const statusOf = async (path: string, init?: RequestInit): Promise<number> =>
  (await upstream.request(path, init)).status;
const withKey = (key: string): RequestInit => ({ headers: { authorization: `Bearer ${key}` } });

describe('the key', () => {
  it.each([{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic demo-key' }, { authorization: 'Bearer' }])(
    'is asked for on every path: %j',
    async (headers) => {
      for (const path of ['/workflows', '/workflows/support-triage/runs/run-4711/steps', '/nowhere', '/%zz']) {
        const response = await upstream.request(path, { headers });
        expect(response.status).toBe(401);
        expect(response.headers.get('content-type')).toBe('application/json');
        expect(await response.json()).toHaveProperty('detail');
      }
    },
  );

  it('decides which organization is seen', async () => {
    const ids = async (key: string): Promise<string[]> => (await upstream.workflows(key)).map((one) => one.workflow_id);
    expect(await ids('demo-key')).toEqual([
      'support-triage',
      'invoice-extraction',
      'nightly-report',
      'research-agent',
      'document-ingest',
      'quick-answer',
    ]);
    expect(await ids('other-key')).toEqual(['contract-review']);
  });

  it("hides the other organization's workflows and runs, both ways", async () => {
    const [foreign] = await upstream.runs('contract-review', 'other-key');
    const foreignId = foreign?.id ?? '';
    expect(await statusOf('/workflows/support-triage/runs', withKey('other-key'))).toBe(404);
    expect(await statusOf('/workflows/support-triage/runs/run-4711', withKey('other-key'))).toBe(404);
    expect(await statusOf('/workflows/contract-review/runs/run-4711/steps', withKey('other-key'))).toBe(404);
    expect(
      await statusOf('/workflows/contract-review/execute', { ...withKey('demo-key'), method: 'POST', body: '{}' }),
    ).toBe(404);
    expect(await statusOf(`/workflows/contract-review/runs/${foreignId}`)).toBe(404);
    expect(await statusOf(`/workflows/support-triage/runs/${foreignId}/steps`)).toBe(404);
  });
});

describe('paging', () => {
  const page = async (query: string): Promise<string[]> =>
    ((await upstream.get(`/workflows/nightly-report/runs${query}`)) as WireRun[]).map(({ id }) => id);

  it('cuts the list by limit and offset', async () => {
    const all = await page('');
    expect(all).toHaveLength(14);
    expect(await page('?limit=5')).toEqual(all.slice(0, 5));
    expect(await page('?limit=5&offset=12')).toEqual(all.slice(12));
    expect(await page('?offset=14')).toEqual([]);
    expect(await page('?limit=100&offset=0')).toEqual(all);
  });

  it.each([
    'limit=101',
    'limit=0',
    'limit=-1',
    'limit=ten',
    'limit=',
    'limit=1.5',
    'offset=-1',
    'offset=x',
    'limit=1e1',
  ])('refuses %s', async (query) => {
    expect(await statusOf(`/workflows/nightly-report/runs?${query}`)).toBe(400);
  });

  it('shows at most 100 runs by default', async () => {
    for (let count = 0; count < 101; count += 1) await upstream.execute('quick-answer', {});
    expect(await upstream.runs('quick-answer')).toHaveLength(100);
  });
});

describe('a request that makes no sense', () => {
  it.each([
    '/',
    '/workflow',
    '/workflows/',
    '/workflows/support-triage',
    '/workflows/support-triage/runs/run-4711/steps/1',
  ])('finds nothing at %s', async (path) => {
    expect(await statusOf(path)).toBe(404);
  });

  it.each(['nowhere', '__proto__', 'constructor', '%2e%2e', 'support-triage%2Fruns', '%00'])(
    'finds no workflow and no run %s',
    async (id) => {
      expect(await statusOf(`/workflows/${id}/runs`)).toBe(404);
      expect(await statusOf(`/workflows/support-triage/runs/${id}`)).toBe(404);
      expect(await statusOf(`/workflows/support-triage/runs/${id}/steps`)).toBe(404);
    },
  );

  it('finds no run under another workflow', async () => {
    expect(await statusOf('/workflows/nightly-report/runs/run-4711/steps')).toBe(404);
  });

  it('says which method a path answers', async () => {
    const cases = [
      ['DELETE', '/workflows', 'GET'],
      ['GET', '/workflows/support-triage/execute', 'POST'],
      ['POST', '/workflows/support-triage/runs', 'GET'],
    ] as const;
    for (const [method, path, allowed] of cases) {
      const response = await upstream.request(path, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    }
  });

  it.each(['/workflows/%', '/workflows/%zz/runs', '/workflows/%c3%28/runs/%ff/steps'])(
    'is told that %s is badly encoded',
    async (path) => {
      expect(await statusOf(path)).toBe(400);
    },
  );

  it.each(['', '[]', 'null', '"text"', '4711', '{', '{"a":}'])('is told that %j is no JSON object', async (body) => {
    expect(await statusOf('/workflows/support-triage/execute', { ...withKey('demo-key'), method: 'POST', body })).toBe(
      400,
    );
  });

  it('is told that its body is nested too deeply', async () => {
    const body = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(await statusOf('/workflows/support-triage/execute', { ...withKey('demo-key'), method: 'POST', body })).toBe(
      400,
    );
  });

  it('is told that its body is too long, and only then', async () => {
    const execute = (bytes: number): Promise<number> =>
      statusOf('/workflows/support-triage/execute', {
        ...withKey('demo-key'),
        method: 'POST',
        body: `{"a":"${'x'.repeat(bytes - 8)}"}`,
      });
    expect(await execute(1024 * 1024)).toBe(200);
    expect(await execute(1024 * 1024 + 1)).toBe(413);
    expect(await execute(5 * 1024 * 1024)).toBe(413);
  });

  it('does not take the server down when it is broken off or is no HTTP', async () => {
    const { hostname, port } = new URL(upstream.url);
    const openings = [
      'POST /workflows/support-triage/execute HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-key\r\ncontent-length: 99\r\n\r\n{"a"',
      'GET http://[ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-key\r\n\r\n',
      'GET // HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-key\r\n\r\n',
      'nonsense\r\n\r\n',
    ];
    for (const opening of openings) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.end(opening);
      await once(socket.resume(), 'close');
    }
    expect(await statusOf('/workflows')).toBe(200);
  });
});

it('keeps connections alive', async () => {
  const response = await upstream.request('/workflows');
  expect(response.headers.get('connection')).toBe('keep-alive');
});

it('closes its connections, and may be closed twice', async () => {
  const another = await createEmbeddedUpstream({ port: 0 });
  await (await fetch(`${another.url}/workflows`)).text();
  await Promise.all([another.close(), another.close()]);
  await expect(fetch(`${another.url}/workflows`)).rejects.toThrow();
});

it('says so if its port is taken', async () => {
  const port = Number(new URL(upstream.url).port);
  await expect(createEmbeddedUpstream({ port })).rejects.toThrow(/EADDRINUSE/);
});
