import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AuthenticateHook } from '../../src/auth/authenticate-hook.ts';
import { BUNDLED_TOOLS } from '../../src/graphql/tools/bundled-tools.ts';
import { SAMPLE, startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { captureLog, scrape } from '../harness/observed.ts';
import { codesOf } from '../harness/operations.ts';
import { ask } from '../harness/plain-http.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { type Script, ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';
import { connectMcp, MCP_LINES, type McpClient, type McpLine } from '../peers/mcp-client.ts';

const READING = [
  'list_workflows',
  'what_is_failing',
  'diagnose_run',
  'compare_with_baseline',
  'what_changed',
  'what_does_it_cost',
  'run_state',
  'overdue_runs',
  'search_runs',
  'read_payload',
];
const MANIFEST = 'test/http/mcp-manifest.json';
const INCIDENT = { workflowId: 'support-triage', runId: 'run-4711' };

const clients: McpClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function connect(line: McpLine, url: string, key: string | null): Promise<McpClient> {
  const client = await connectMcp(line, url, key);
  clients.push(client);
  return client;
}

describe.each(MCP_LINES)('the client %s', (line) => {
  const gateway = perBlock(new TestGateway({ upstream: SAMPLE, isShowcase: true }));

  it('lists each bundled tool, and gets a bounded response from each', async () => {
    const client = await connect(line, gateway.url, 'demo-key');
    const tools = await client.tools();
    expect(tools.map(({ name }) => name)).toEqual(READING);
    for (const { name, title, inputSchema, outputSchema, annotations } of tools) {
      expect(title?.toLowerCase()).toBe(name.replaceAll('_', ' '));
      // The client checks each result against it.
      expect(outputSchema).toMatchObject({ type: 'object', properties: { data: { properties: {} } } });
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false, idempotentHint: true });
      const taken = Object.entries(INCIDENT).filter(([argument]) => argument in (inputSchema.properties ?? {}));
      const { isError, text, content } = await client.call(name, { ...Object.fromEntries(taken), maxBytes: 3000 });
      expect({ name, isError, errors: (content as { errors?: unknown }).errors }).toEqual({ name, isError: false });
      expect(Buffer.byteLength(JSON.stringify(content))).toBeLessThanOrEqual(3000);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3000);
    }
  });

  it('finds the newest incident and its diagnosis in 4 KB', async () => {
    const client = await connect(line, gateway.url, 'demo-key');
    const failing = await client.call('what_is_failing');
    const [first] = (failing.content as Failing).data.failureGroups.nodes;
    expect(first).toMatchObject({ nodeId: 'draft_reply', state: 'NEW' });
    const diagnosed = await client.call('diagnose_run', pick(first?.runs[0]));
    expect(Buffer.byteLength(JSON.stringify(diagnosed))).toBeLessThan(4096);
    expect(diagnosed.content).toMatchObject({
      data: { run: { status: 'FAILED', diagnosis: { changes: [{ kind: 'PROMPT', nodeId: 'draft_reply' }] } } },
    });
    expect(diagnosed.text).toContain('+ Answer with JSON: {"reply": string}.');
  });

  it('gets 401 without a key or with a wrong one', async () => {
    await expect(connect(line, gateway.url, null)).rejects.toThrow(
      /Authorization header must be|requires authorization/,
    );
    const stranger = await connect(line, gateway.url, 'wrong-key');
    expect(await stranger.tools()).toHaveLength(READING.length);
    for (const name of READING) {
      const given = /^(?:list_workflows|what_is_failing|overdue_runs|search_runs)$/.test(name) ? {} : argumentsOf(name);
      await expect(stranger.call(name, given)).rejects.toThrow('UNAUTHENTICATED');
    }
  });
});

interface Failing {
  readonly data: {
    readonly failureGroups: {
      readonly nodes: readonly { readonly runs: readonly Readonly<Record<string, unknown>>[] }[];
    };
  };
}

const pick = ({ workflowId, runId }: Readonly<Record<string, unknown>> = {}) => ({ workflowId, runId });
const argumentsOf = (name: string) =>
  name.startsWith('what_') ? { workflowId: INCIDENT.workflowId } : { ...INCIDENT };

/** One run id, with data of each key. */
const ofKey: Script = ({ endpoint, key = '' }) => {
  if (endpoint === 'run') return { json: [wireRun('same', { outputs: `run of ${key}` })] };
  if (endpoint === 'steps') return { json: [wireStep({ outputs: `steps of ${key}` })] };
  return endpoint === 'execute' ? { json: { run_id: 'same', message: 'started' } } : { status: 404, json: {} };
};

describe('a tool call', () => {
  const log = captureLog('info');
  const upstream = perTest(new ScriptedUpstream(ofKey));
  const hook: AuthenticateHook = ({ credential }) => ({
    upstreamKey: credential ?? 'none',
    workflowIds: 'all',
    mayExecute: credential === 'starter',
  });
  const gateway = perTest(new TestGateway({ upstream, logger: log.logger }));
  const PAYLOAD = { workflowId: 'wf', runId: 'same', ofRun: true };

  it('returns each of two tenants only its data over 100 calls', async () => {
    const keys = ['key-a', 'key-b'];
    const connected = await Promise.all(keys.map((key) => connect('@modelcontextprotocol/sdk 1', gateway.url, key)));
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => connected.map((client) => client.call('read_payload', PAYLOAD))).flat(),
    );
    const seen = answers.map((answer, index) => {
      const text = JSON.stringify(answer);
      return [text.includes(`steps of ${String(keys[index % 2])}`), text.includes(String(keys[(index + 1) % 2]))];
    });
    expect(seen).toEqual(Array.from({ length: 100 }, () => [true, false]));
    // Tenants share nothing, and the calls of one tenant share its data.
    expect(upstream.count('steps')).toBe(2);
  });

  it('is logged and counted as an operation, even with wrong arguments', async () => {
    const client = await connect('@modelcontextprotocol/client 2', gateway.url, 'key-a');
    const before = log.operations.length;
    await client.call('read_payload', { workflowId: 'wf', runId: 'same' });
    const refused = await client.call('run_state', { workflowId: 'wf', run_id: 'same' });
    expect(refused).toMatchObject({
      isError: true,
      text: expect.stringContaining('runId must be a string, got run_id in its place.'),
    });
    expect(log.operations.slice(before)).toMatchObject([
      { transport: 'mcp', 'graphql.operation.name': 'read_payload', outcome: 'ok' },
      { transport: 'mcp', outcome: 'client_error', errorCodes: ['BAD_USER_INPUT'] },
    ]);
    const { samples } = await scrape(gateway.url);
    const counted = samples.filter(({ labels, value }) => labels.transport === 'mcp' && value > 0);
    expect(counted.length).toBeGreaterThan(0);
  });

  it('may start runs only with a tool that the operator names', async () => {
    const namesFor = async (key: string) =>
      (await (await connect('@modelcontextprotocol/sdk 1', gateway.url, key)).tools()).map(({ name }) => name);
    await gateway.restart({ authenticate: hook });
    expect(await namesFor('starter')).toEqual(READING);
    await gateway.restart({ env: { MCP_MUTATIONS: 'start_run' }, authenticate: hook });
    expect(await namesFor('reader')).toEqual(READING);
    const reader = await connect('@modelcontextprotocol/sdk 1', gateway.url, 'reader');
    await expect(reader.call('start_run', { workflowId: 'wf' })).rejects.toThrow('Tool start_run not found');
    expect(upstream.count('execute')).toBe(0);
    expect(await namesFor('starter')).toEqual([...READING, 'start_run']);
    const starter = await connect('@modelcontextprotocol/sdk 1', gateway.url, 'starter');
    const inputs = { order: 7 };
    const { content } = await starter.call('start_run', { workflowId: 'wf', inputs });
    expect(content).toMatchObject({ data: { executeWorkflow: { message: 'started', run: { runId: 'same' } } } });
    expect(upstream.count('execute')).toBe(1);
  });

  it('is available only if the upstream has its call', async () => {
    const MCP_MUTATIONS = 'start_run,cancel_run,answer_step';
    await gateway.restart({ env: { MCP_MUTATIONS } });
    const client = () => connect('@modelcontextprotocol/sdk 1', gateway.url, 'key-a');
    expect((await (await client()).tools()).map(({ name }) => name)).toEqual([...READING, 'start_run']);
    await gateway.restart({ env: { MCP_MUTATIONS, UPSTREAM_ENDPOINTS: 'steps,run,cancel' } });
    const cancelling = await client();
    const tools = await cancelling.tools();
    expect(tools.map(({ name }) => name)).toEqual([...READING, 'cancel_run']);
    expect(tools.at(-1)?.annotations).toMatchObject({
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: true,
    });
    expect(tools.at(-1)?.description).toContain('ask the user for confirmation first');
    await cancelling.call('cancel_run', { workflowId: 'wf', runId: 'same' });
    expect(upstream.count('cancel')).toBe(1);
  });

  it('works with PERSISTED_OPERATIONS=only, limited by the rate of its key', async () => {
    const PERSISTED = { PERSISTED_OPERATIONS: 'only', PERSISTED_MANIFESTS: MANIFEST };
    await gateway.restart({ env: { ...PERSISTED, RATE_LIMIT_PER_MINUTE: '4' } });
    const client = await connect('@modelcontextprotocol/sdk 1', gateway.url, 'key-a');
    const call = () => client.call('run_state', { workflowId: 'wf', runId: 'same' });
    expect((await call()).isError).toBe(false);
    await expect(Promise.all([call(), call(), call()])).rejects.toThrow('RATE_LIMITED');
  });

  it.each(TRANSPORTS)('excludes bundled tools from the manifest: %s', async (transport) => {
    const PERSISTED = { PERSISTED_OPERATIONS: 'only', PERSISTED_MANIFESTS: MANIFEST, MCP_MUTATIONS: 'start_run' };
    await gateway.restart({ env: PERSISTED });
    const codeOf = async (request: Readonly<Record<string, unknown>>) =>
      codesOf({ errors: (await send(transport, gateway.url, request)).errors ?? [] });
    const variables = GOOD;
    for (const name of ['run_state', 'start_run']) {
      const document = BUNDLED_TOOLS.find((text) => text.includes(name)) ?? '';
      const codes = [
        await codeOf({ documentId: `mcp:${name}`, variables }),
        await codeOf({ query: document, variables }),
      ];
      expect(codes).toEqual([['PERSISTED_QUERY_NOT_FOUND'], ['OPERATION_NOT_ALLOWED']]);
    }
    expect(upstream.calls).toEqual([]);
  });

  it("uses the operator's manifest instead of the bundled tools", async () => {
    const PERSISTED = { PERSISTED_OPERATIONS: 'allow', PERSISTED_MANIFESTS: MANIFEST };
    await gateway.restart({ env: { ...PERSISTED, MCP: 'manifest', MCP_MUTATIONS: 'Again' } });
    const client = await connect('@modelcontextprotocol/client 2, negotiating', gateway.url, 'key-a');
    expect(await client.tools()).toMatchObject([
      {
        name: 'Outputs',
        description: 'What did the run return?',
        inputSchema: {
          properties: {
            workflowId: { type: 'string', description: expect.stringMatching(/^Id of the workflow\./) },
            filter: { type: 'object', properties: { status: { type: 'array', items: { type: 'string' } } } },
            path: { type: 'string' },
            maxBytes: { type: 'integer' },
          },
          required: ['runId'],
          additionalProperties: false,
        },
      },
      // It has a mutation that the gateway knows: a run more, and nothing is lost.
      { name: 'Again', title: 'Again', annotations: { destructiveHint: false, idempotentHint: false } },
    ]);
    const { content } = await client.call('Outputs', { workflowId: 'wf', runId: 'same' });
    expect(content).toMatchObject({ data: { run: { outputs: 'run of key-a' } } });
  });

  it('rejects an unknown name in MCP_MUTATIONS at the start', async () => {
    const message =
      'MCP_MUTATIONS must name mutations among the tools (start_run, cancel_run, answer_step), got delete_run.';
    await expect(startGateway({ upstream, env: { MCP_MUTATIONS: 'delete_run' } })).rejects.toThrow(message);
  });

  it('finds no endpoint with MCP=off', async () => {
    await gateway.restart({ env: { MCP: 'off' } });
    const { status } = await ask(`${gateway.url}/mcp`, { method: 'POST', headers: JSON_HEADERS, body: '{}' });
    expect(status).toBe(404);
  });

  const JSON_HEADERS = {
    authorization: 'Bearer key-a',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const callOf = (given: unknown, name = 'run_state') => ({
    ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
    params: { name, arguments: given },
  });
  const GOOD = { workflowId: 'wf', runId: 'same' };
  const withText = (member: string) =>
    JSON.stringify(callOf(GOOD, 'read_payload')).replace('"runId"', `${member},"runId"`);

  it.each<[string, string]>([
    ['an unknown tool', JSON.stringify(callOf(GOOD, 'drop_table'))],
    ['a tool by the name of a property of objects', JSON.stringify(callOf(GOOD, '__proto__'))],
    ['no arguments', JSON.stringify(callOf(undefined))],
    ['an argument of another type', JSON.stringify(callOf({ ...GOOD, runId: { $ne: null } }))],
    ['an unknown argument', JSON.stringify(callOf({ ...GOOD, query: '{ workflows { nodes { id } } }' }))],
    ['too few bytes', JSON.stringify(callOf({ ...GOOD, maxBytes: 1 }))],
    ['too many bytes', JSON.stringify(callOf({ ...GOOD, maxBytes: 1e9 }))],
    ['an id that leaves its path', JSON.stringify(callOf({ workflowId: 'wf', runId: '../../secret' }))],
    ['an argument in a prototype', withText('"__proto__":{"runId":"same"}').replace(',"runId":"same"}', '}')],
    ['a deep list', withText(`"nodeIds":${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
    ['a batch', JSON.stringify([callOf(GOOD), callOf(GOOD)])],
    ['a number', '7'],
    ['text that is not JSON', '{'],
    [
      'an endless subscription',
      '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{}}}',
    ],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"resources/list"}'],
  ])('rejects a message with %s without a call or an internal error', async (_, body) => {
    const answer = await ask(`${gateway.url}/mcp`, { method: 'POST', headers: JSON_HEADERS, body });
    const text = answer.body.toString();
    expect(answer.status).toBeLessThan(500);
    expect(text).toMatch(/"isError":true|"error":\{/);
    expect(text).not.toContain('Something went wrong');
    expect(log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    expect(upstream.calls).toEqual([]);
  });

  const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const WRONG = Array<number>(150_000).fill(1);
  const CLIENT = { name: 'x', version: '1' };
  it.each<[string, object]>([
    ['wrong items', callOf({ workflowIds: WRONG }, 'what_is_failing')],
    ['too many items', callOf({ workflowIds: WRONG.map(String) }, 'what_is_failing')],
    ['a long name', callOf({}, 'x'.repeat(900_000))],
    [
      'wrong parts of its frame',
      { ...LIST, method: 'initialize', params: { clientInfo: { ...CLIENT, icons: WRONG } } },
    ],
  ])('returns one short error for a message with %s', async (_, message) => {
    const body = JSON.stringify(message);
    const answer = await ask(`${gateway.url}/mcp`, { method: 'POST', headers: JSON_HEADERS, body });
    expect(answer.body.toString()).toMatch(/"isError":true|"error":\{/);
    expect(answer.body.length).toBeLessThan(1000);
  });

  it('accepts at most a hundred items in a list argument', async () => {
    const client = await connect('@modelcontextprotocol/sdk 1', gateway.url, 'key-a');
    const tool = (await client.tools()).find(({ name }) => name === 'what_is_failing');
    expect(tool?.inputSchema.properties?.workflowIds).toMatchObject({ type: 'array', maxItems: 100 });
  });

  it.each<[string, object, string]>([
    ['run_state', { workflowId: 'wf' }, 'runId must be a string, got nothing. Id of the run.'],
    ['run_state', { runId: 'same' }, 'workflowId must be the id of a workflow, got nothing,'],
    [
      'run_state',
      { workflowId: 'other', runId: 'https://x.example/workflows/wf/runs/same' },
      'workflowId must be "wf", as in',
    ],
    ['search_runs', { serch: 'a' }, 'serch is not an argument. Did you mean search?'],
    ['search_runs', { first: 'a'.repeat(500) }, 'first must be an integer, got "aaaa'],
    ['search_runs', { first: 1000 }, 'first must be from 1 to 100, got 1000.'],
    ['search_runs', { inputs: [{ path: 'a', test: 'IS' }] }, 'inputs[0].test must be one of EQUALS, AT_LEAST,'],
    ['search_runs', { maxBytes: 1 }, 'maxBytes must be an integer from 1000 to 100000, got 1.'],
    ['what_is_failing', { workflowIds: Array(101).fill('a') }, 'workflowIds must have at most 100 items, got 101.'],
    ['read_payload', { ...GOOD, path: 'sort_by(@, &x)' }, 'path: Invalid path: functions are not supported, got'],
  ])('%s names the wrong argument of %j', async (name, given, problem) => {
    const client = await connect('@modelcontextprotocol/sdk 1', gateway.url, 'key-a');
    const { isError, text } = await client.call(name, { ...given });
    expect({ isError, text: text.replaceAll('\\"', '"') }).toEqual({
      isError: true,
      text: expect.stringContaining(problem),
    });
  });

  it.each<[string, object, string]>([
    ['what_changed', { workflowId: 'gone' }, 'Workflow "gone"'],
    ['what_is_failing', { workflowIds: ['gone'] }, 'Workflow "gone"'],
    ['run_state', { workflowId: 'wf', runId: 'gone' }, 'Run "gone" of workflow "wf"'],
  ])('%s names what %j did not find, and the tool with ids', async (name, given, missing) => {
    upstream.script = () => ({ status: 404, json: {} });
    const client = await connect('@modelcontextprotocol/sdk 1', gateway.url, 'key-a');
    // From now on the client checks each result against the schema of its tool.
    await client.tools();
    const { isError, content } = await client.call(name, { ...given });
    const message = expect.stringContaining(`${missing} was not found. Call list_workflows`);
    expect({ isError, content }).toMatchObject({
      isError: true,
      content: { errors: [{ code: 'NOT_FOUND', message }] },
    });
    expect((content as { errors: unknown[] }).errors).toHaveLength(1);
  });

  it('accepts the URL of a run page in place of its ids', async () => {
    const client = await connect('@modelcontextprotocol/sdk 1', gateway.url, 'key-a');
    const runId = 'https://stepgate.example.com/base/workflows/w%2Ff/runs/same?tab=steps';
    const { content } = await client.call('read_payload', { runId });
    expect(content).toMatchObject({ data: { run: { workflowId: 'w/f', runId: 'same' } } });
  });

  it('waits for no messages of other callers', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 301 });
    const answered: string[] = [];
    const post = async (path: string, key: string, body: object) => {
      const headers = { ...JSON_HEADERS, authorization: `Bearer ${key}` };
      const sent = request(`${gateway.url}${path}`, { method: 'POST', agent, headers });
      sent.end(JSON.stringify(body));
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await response.resume().toArray();
      answered.push(key);
    };
    const askRun = (key: string) =>
      post('/graphql', key, { query: '{ run(workflowId: "wf", id: "same") { status } }' });
    for (const key of ['key-a', 'key-b']) await askRun(key);
    const all = () => Promise.all([...Array.from({ length: 300 }, () => post('/mcp', 'key-a', LIST)), askRun('key-b')]);
    // The connections are opened first.
    await all();
    answered.length = 0;
    await all();
    agent.destroy();
    expect(answered.indexOf('key-b')).toBeLessThan(150);
  });

  it.each(['sort_by(@, &x)', 'a'.repeat(900_000), '[?'])(
    'reports a bad path as an error of the part: %.20s',
    async (path) => {
      const body = JSON.stringify(callOf({ ...GOOD, path, maxBytes: 1000 }, 'read_payload'));
      const { status, body: sent } = await ask(`${gateway.url}/mcp`, { method: 'POST', headers: JSON_HEADERS, body });
      expect([status, sent.length < 3000]).toEqual([200, true]);
      expect(sent.toString()).toContain('BAD_USER_INPUT');
    },
  );

  it.each([
    ['PUT', {}, 405],
    ['GET', {}, 405],
    ['POST', { 'content-type': 'text/plain' }, 415],
    ['POST', { origin: 'https://evil.example' }, 403],
    ['POST', { accept: 'text/html' }, 406],
  ])('rejects a %s with headers %j: %i', async (method, headers, status) => {
    const body = method === 'GET' ? undefined : JSON.stringify(callOf(GOOD));
    const options = { method, headers: { ...JSON_HEADERS, ...headers }, ...(body !== undefined && { body }) };
    expect((await ask(`${gateway.url}/mcp`, options)).status).toBe(status);
  });

  it('accepts pages of every origin with CORS_ORIGINS=*', async () => {
    await gateway.restart({ env: { CORS_ORIGINS: '*' } });
    const headers = { ...JSON_HEADERS, origin: 'https://app.example' };
    const body = JSON.stringify(callOf(GOOD));
    expect((await ask(`${gateway.url}/mcp`, { method: 'POST', headers, body })).status).toBe(200);
  });
});
