/** What one caller uses up, another caller has, although both may see the same. */
import { hash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Additions } from '../../src/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { until } from '../harness/until.ts';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { Issuer } from '../harness/issuer.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { subscribe, type LiveClient } from '../harness/live-client.ts';
import { captureLog, scrape } from '../harness/observed.ts';
import { codesOf, ofRun, repeat } from '../harness/operations.ts';
import { connectRaw, headOfPost, type RawConnection } from '../harness/raw-http.ts';
import { wireWorkflow } from '../harness/wire.ts';
import { send } from '../harness/transports.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

type Environment = Readonly<Record<string, string>>;
type Hook = NonNullable<Additions['authenticate']>;

interface Callers {
  readonly title: string;
  readonly environment?: Environment;
  readonly authenticate?: Hook;
  /** Credentials of the two. */
  readonly credentials: () => Promise<readonly [string, string]>;
  readonly names: readonly [string | null, string | null];
  /** Whether both may see the same. */
  readonly areOneViewer: boolean;
}

const TRANSPORTS = ['HTTP POST', 'graphql-ws', 'graphql-sse', 'MCP'] as const;
type EachTransport = (typeof TRANSPORTS)[number];

const sha256 = (key: string) => hash('sha256', key, 'hex');
const issuer = perBlock(new Issuer(Date.now));
const byKeys = (keys: string): Environment => ({
  UPSTREAM_AUTH: 'service',
  UPSTREAM_API_KEY: 'service-key',
  GATEWAY_KEYS_SHA256: keys,
});
const keysOf = () => Promise.resolve(['key-a', 'key-b'] as const);

const CALLERS: readonly Callers[] = [
  {
    title: 'two tokens with one scope',
    credentials: async () => [await issuer.token({ sub: 'ada' }), await issuer.token({ sub: 'grace' })],
    names: ['ada', 'grace'],
    areOneViewer: true,
  },
  {
    title: 'two keys of the gateway',
    environment: byKeys(`web:${sha256('key-a')},${sha256('key-b')}`),
    credentials: keysOf,
    names: ['web', null],
    areOneViewer: true,
  },
  {
    title: 'two subjects of an embedder',
    authenticate: ({ credential: subject }) => ({
      upstreamKey: 'service-key',
      workflowIds: 'all',
      subject: subject ?? '',
    }),
    credentials: keysOf,
    names: ['key-a', 'key-b'],
    areOneViewer: true,
  },
  {
    title: 'a key and a token with the same name',
    environment: { GATEWAY_KEYS_SHA256: `web:${sha256('key-a')}` },
    credentials: async () => ['key-a', await issuer.token({ sub: 'web' })],
    names: ['web', 'web'],
    areOneViewer: true,
  },
  {
    title: 'equal subjects of two tenants',
    authenticate: ({ credential: workflowId }) => ({
      upstreamKey: 'service-key',
      workflowIds: ['wf', workflowId ?? ''],
      subject: 'ada',
    }),
    credentials: keysOf,
    names: ['ada', 'ada'],
    areOneViewer: false,
  },
];

const EXECUTE = 'mutation { executeWorkflow(workflowId: "wf", idempotencyKey: "k") { message } }';
const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "live") { run { status } } }';

let starts = 0;
const script: Script = ({ endpoint, runId }) => {
  if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
  if (endpoint === 'execute') return { json: { run_id: 'new', message: `start ${(starts += 1)}` } };
  if (endpoint === 'steps') return { json: [wireStep()] };
  return { json: [wireRun(runId, runId === 'live' ? { status: 'running', end_time: null } : {})] };
};

describe.each(CALLERS)('$title', ({ environment, authenticate, credentials, names, areOneViewer }) => {
  const log = captureLog('info');
  const clients: LiveClient[] = [];
  const open: RawConnection[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.cut();
    for (const raw of open.splice(0)) raw.close();
  });
  const gateway = perTest(
    new TestGateway(() => {
      const service = authenticate || environment?.UPSTREAM_AUTH ? {} : issuer.env;
      return { script, env: { ...service, ...environment }, logger: log.logger, ...(authenticate && { authenticate }) };
    }),
  );

  /** The message of the start, or the codes of the errors. */
  async function ask(transport: EachTransport, query: string, key: string): Promise<unknown> {
    if (transport !== 'MCP') {
      const { data, errors } = await send(transport, gateway.url, { query }, key);
      return errors ? codesOf({ errors }) : data;
    }
    const name = query === EXECUTE ? 'start_run' : 'run_state';
    const given = query === EXECUTE ? { idempotencyKey: 'k' } : { runId: 'r1' };
    const params = { name, arguments: { workflowId: 'wf', ...given } };
    const response = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
    const text = await response.text();
    // A result is an event, an error is not.
    const answer = JSON.parse(text.slice(text.indexOf('{'))) as McpAnswer;
    return answer.error ? [answer.error.data.code] : answer.result?.structuredContent.data;
  }

  const codesFor = async (key: string, query = '{ __typename }') => codesOf(await gateway.query(query, { key }));

  it.each(TRANSPORTS)('have separate rate limits: %s', async (transport) => {
    await gateway.restart({ env: { RATE_LIMIT_PER_MINUTE: '2' } });
    const [first, second] = await credentials();
    for (let time = 0; time < 2; time += 1)
      expect(await ask(transport, ofRun('status'), first)).not.toBeInstanceOf(Array);
    expect(await ask(transport, ofRun('status'), first)).toEqual(['RATE_LIMITED']);
    expect(await ask(transport, ofRun('status'), second)).not.toBeInstanceOf(Array);
  });

  it.each(TRANSPORTS)('start separate runs with equal idempotency keys: %s', async (transport) => {
    await gateway.restart({ env: { MCP_MUTATIONS: 'start_run' } });
    const [first, second] = await credentials();
    const answers = [];
    for (const key of [first, second, first, second]) answers.push(await ask(transport, EXECUTE, key));
    const [one, other] = answers;
    expect(one).toMatchObject({ executeWorkflow: { message: expect.stringMatching(/^start \d+$/) } });
    expect(other).not.toEqual(one);
    expect(answers.slice(2)).toEqual([one, other]);
    expect(gateway.upstream.count('execute')).toBe(2);
  });

  it.each(['graphql-ws', 'graphql-sse'] as const)('have separate subscriptions: %s', async (transport) => {
    await gateway.restart({ env: { MAX_SUBSCRIPTIONS_PER_VIEWER: '1' } });
    const [first, second] = await credentials();
    const watch = async (key: string) => {
      const client = await subscribe(transport, gateway.url, WATCH, { key });
      clients.push(client);
      return client.next();
    };
    expect(await watch(first)).toMatchObject({ type: 'next', payload: { data: { runUpdated: {} } } });
    expect(JSON.stringify(await watch(first))).toContain('RATE_LIMITED');
    expect(await watch(second)).toMatchObject({ type: 'next', payload: { data: { runUpdated: {} } } });
  });

  it('have separate positions in the queue of upstream calls', async () => {
    await gateway.restart({ env: { UPSTREAM_CONCURRENCY: '1' } });
    const [first, second] = await credentials();
    const release = gateway.upstream.holdCalls();
    const many = Array.from({ length: 21 }, (_, at) =>
      gateway.query(
        `{ ${repeat(50, (index) => `a${index}: run(workflowId: "wf", id: "${at}-${index}") { status }`)} }`,
        {
          key: first,
        },
      ),
    );
    const refused = async () =>
      (await scrape(gateway.url)).value('stepgate_upstream_calls_total', {
        endpoint: 'run',
        outcome: 'UPSTREAM_OVERLOADED',
      });
    // One of the 1,050 calls has the slot, and 1,000 wait.
    await until(async () => (await refused()) === 49);
    const other = gateway.query(ofRun('status', 'of-the-other'), { key: second });
    await until(async () => (await refused()) === 50);
    release();
    expect((await other).errors).toEqual([]);
    const codes = (await Promise.all(many)).flatMap(codesOf);
    expect(new Set(codes)).toEqual(new Set(['UPSTREAM_OVERLOADED']));
    expect(gateway.upstream.calls.findIndex(({ runId }) => runId === 'of-the-other')).toBeLessThanOrEqual(2);
  });

  it('have separate capacity for operations in progress', async () => {
    const [first, second] = await credentials();
    const bytes = 2 ** 20;
    for (let body = 0; body < 4; body += 1) {
      const raw = await connectRaw(gateway.url);
      open.push(raw);
      raw.socket.write(`${headOfPost(first, `content-length: ${bytes}`)}${' '.repeat(bytes - 1)}`);
    }
    await until(async () => (await codesFor(first))[0] === 'RATE_LIMITED');
    expect(await codesFor(second)).toEqual([]);
  });

  it('have separate names in the log', async () => {
    const before = log.operations.length;
    for (const key of await credentials()) await gateway.query(ofRun('status'), { key });
    await until(() => log.operations.length === before + 2);
    expect(log.operations.slice(before).map(({ caller }) => caller)).toEqual(names);
  });

  it(`${areOneViewer ? 'share' : 'do not share'} what was fetched`, async () => {
    for (const key of await credentials()) expect(await codesFor(key, ofRun('status steps { id }'))).toEqual([]);
    expect(gateway.upstream.calls).toHaveLength(areOneViewer ? 2 : 4);
  });
});

it('counts gateway keys with the same name as one caller', async () => {
  const keys = byKeys(`web:${sha256('key-a')},web:${sha256('key-b')}`);
  const gateway = await startGateway({ script, env: { ...keys, RATE_LIMIT_PER_MINUTE: '1' } });
  const codes = [];
  for (const key of ['key-a', 'key-b']) codes.push(codesOf(await gateway.query('{ __typename }', { key })));
  expect(codes).toEqual([[], ['RATE_LIMITED']]);
  await gateway.close();
});

interface McpAnswer {
  readonly error?: { readonly data: { readonly code: string } };
  readonly result?: { readonly structuredContent: { readonly data: unknown } };
}
