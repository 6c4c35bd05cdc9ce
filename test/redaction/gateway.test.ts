/** What a gateway with rules of redaction answers, and rejects. */
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { RedactionRules } from '../../src/config/redaction.ts';
import { createManualClock } from '../harness/clock.ts';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { createIncident, ordersOf } from '../harness/incident.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { codesOf, ofRun } from '../harness/operations.ts';
import { subscribe } from '../harness/live-client.ts';
import type { Script } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const sha256 = (key: string) => hash('sha256', key, 'hex');
const SERVICE = {
  UPSTREAM_AUTH: 'service',
  UPSTREAM_API_KEY: 'service-key',
  GATEWAY_KEYS_SHA256: `support+payloads:read:${sha256('support')},board:${sha256('board')}`,
};
const MARKER = 'MARKER-4711';
const RULES: RedactionRules = {
  rules: [
    { keys: ['email'], unless: 'payloads:read' },
    { patterns: ['MARKER-\\d+'], unless: 'payloads:read' },
  ],
};

/** Two attempts of a loop, whose items differ in a redacted value only. */
const script: Script = ({ endpoint, runId, workflowId }) => {
  if (endpoint === 'workflows') {
    return {
      json: [
        wireWorkflow('wf', {
          name: `Name ${MARKER}`,
          description: `Does ${MARKER}`,
          graph: { nodes: { model_1: { type: 'model', metadata: { description: `Writes ${MARKER}` } } }, edges: [] },
        }),
      ],
    };
  }
  if (endpoint === 'execute') return { json: { run_id: 'new', message: `started ${MARKER}` } };
  const filler = workflowId === 'large' ? 'x'.repeat(4000) : '';
  const item = (index: number, status: string) =>
    wireStep({
      ...{ id: `s${index}`, status, error: status === 'failed' ? `No budget for ${MARKER} ${index}` : null },
      ...{ start_time: `2025-03-13T02:41:${15 + 2 * index}Z`, end_time: `2025-03-13T02:41:${16 + 2 * index}Z` },
      ...{ inputs: { email: `${index}@example.com`, order: 7, filler }, outputs: { text: `Hello ${MARKER}` } },
    });
  if (endpoint === 'steps') return { json: [item(0, 'failed'), item(1, 'completed')] };
  const record = (id: string) =>
    wireRun(id, { status: 'failed', error: `No budget for ${MARKER}`, inputs: { email: 'ada@example.com', order: 7 } });
  return { json: endpoint === 'runs' ? [record('r1')] : [record(runId)] };
};

describe('redaction rules', () => {
  const gateway = perBlock(new TestGateway({ script, env: SERVICE, redaction: RULES }));
  const both = async (query: string) => [
    await gateway.query(query, { key: 'support' }),
    await gateway.query(query, { key: 'board' }),
  ];
  const data = async (query: string) => (await both(query)).map((answer) => answer.data);

  it('replace values, say so, and leave the rest', async () => {
    const [support, board] = await data(
      ofRun('isRedacted error inputs steps { isRedacted inputs(path: "email") error }'),
    );
    expect(support).toMatchObject({ run: { isRedacted: false, error: `No budget for ${MARKER}` } });
    expect(board).toEqual({
      run: {
        isRedacted: true,
        error: 'No budget for [redacted]',
        inputs: { email: '[redacted]', order: 7 },
        steps: [
          { isRedacted: true, inputs: '[redacted]', error: 'No budget for [redacted] 0' },
          { isRedacted: true, inputs: '[redacted]', error: null },
        ],
      },
    });
  });

  it('name the rights that show more', async () => {
    const [support, board] = await data(ofRun('redactedUnless'));
    expect([support, board]).toEqual([{ run: { redactedUnless: [] } }, { run: { redactedUnless: ['payloads:read'] } }]);
  });

  it('apply patterns to names of workflows and nodes', async () => {
    const [support, board] = await data('{ workflow(id: "wf") { name description graph { nodes { description } } } }');
    expect(JSON.stringify(support).match(/MARKER/g)).toHaveLength(3);
    expect(board).toEqual({
      workflow: {
        ...{ name: 'Name [redacted]', description: 'Does [redacted]' },
        graph: { nodes: [{ description: 'Writes [redacted]' }] },
      },
    });
  });

  it('leave attempts and groups unchanged if only redacted values differ', async () => {
    const [support, board] = await data(
      `{ run(workflowId: "wf", id: "r1") { steps { attemptKind } failedSteps(latestAttemptOnly: true) { id } }
         workflow(id: "wf") { failureGroups { nodes { count nodeId } } } }`,
    );
    expect(board).toEqual(support);
    expect(board).toMatchObject({ run: { steps: [{ attemptKind: 'FIRST' }, { attemptKind: 'ITERATION' }] } });
  });

  it('let only callers with the right search a redacted value', async () => {
    const search = (text: string) =>
      `{ workflow(id: "wf") { runs(first: 5, filter: { search: "${text}" }) { nodes { id } } } }`;
    for (const text of ['ada@example.com', MARKER]) {
      const found = (await data(search(text))).map((answer) => JSON.stringify(answer).includes('r1'));
      expect(found).toEqual([true, false]);
    }
    expect(JSON.stringify(await data(search('No budget'))).match(/r1/g)).toHaveLength(2);
  });

  it.each(['[redacted]', { email: 'me [redacted]' }, { 'a [redacted]': 1 }])(
    'reject starting a run with a redacted placeholder: %j',
    async (inner) => {
      const query = 'mutation ($inputs: JSON) { executeWorkflow(workflowId: "wf", inputs: $inputs) { message } }';
      const before = gateway.upstream.count('execute');
      const variables = { inputs: { order: 7, inner } };
      expect(codesOf(await gateway.query(query, { key: 'board', variables }))).toEqual(['BAD_USER_INPUT']);
      expect(gateway.upstream.count('execute')).toBe(before);
      expect((await gateway.query(query, { key: 'support', variables })).data).toEqual({
        executeWorkflow: { message: `started ${MARKER}` },
      });
      expect((await gateway.query(query, { key: 'board', variables: { inputs: {} } })).data).toEqual({
        executeWorkflow: { message: 'started [redacted]' },
      });
    },
  );

  it('apply to events and to agent tools', async () => {
    const watch = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { error inputs steps { outputs } } } }';
    for (const transport of ['graphql-ws', 'graphql-sse'] as const) {
      const [support, board] = await Promise.all(
        ['support', 'board'].map(async (key) => {
          const client = await subscribe(transport, gateway.url, watch, { key });
          const event = JSON.stringify(await client.nextData());
          client.cut();
          return event.includes('MARKER') || event.includes('@');
        }),
      );
      expect([support, board]).toEqual([true, false]);
    }
    const tools = ['diagnose_run', 'run_state', 'read_payload', 'search_runs', 'what_is_failing'];
    for (const name of tools) {
      const ofOneRun = name === 'search_runs' || name === 'what_is_failing' ? {} : { workflowId: 'wf', runId: 'r1' };
      const response = await fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer board',
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: ofOneRun } }),
      });
      const text = await response.text();
      expect(text).toContain('"result"');
      expect(text).not.toContain('"isError":true');
      // Each tool with strings of one run says which right shows them.
      expect(text.includes('payloads:read')).toBe('runId' in ofOneRun);
      expect(text).not.toMatch(/MARKER|example\.com/);
    }
  });

  it('apply to responses that the worker reads', async () => {
    await gateway.restart({ maxBytesOnLoop: 1000 });
    const query =
      '{ run(workflowId: "large", id: "r1") { steps { attemptKind isRedacted inputs(path: "email") outputs error } } }';
    const [support, board] = await data(query);
    expect(JSON.stringify(support)).toMatch(/1@example.com.*MARKER/);
    expect(board).toEqual({
      run: {
        steps: [
          {
            ...{ attemptKind: 'FIRST', isRedacted: true, inputs: '[redacted]', outputs: { text: 'Hello [redacted]' } },
            error: 'No budget for [redacted] 0',
          },
          {
            ...{
              attemptKind: 'ITERATION',
              isRedacted: true,
              inputs: '[redacted]',
              outputs: { text: 'Hello [redacted]' },
            },
            error: null,
          },
        ],
      },
    });
  });
});

describe('the REDACTION file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-'));
  const path = join(folder, 'redaction.json');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const start = (content: unknown) => {
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return startGateway({ env: { REDACTION: path } }).then(
      (gateway) => gateway.close().then(() => 'started'),
      (error: unknown) => String(error),
    );
  };

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'it must be JSON'],
    ['another member', { rules: [{ keys: ['a'], when: 1 }] }, 'unknown rules.0.when'],
    ['no rules', {}, 'rules must be a list of rules'],
    ['an empty rule', { rules: [{ keys: ['a'] }, { unless: 'x' }] }, 'rule 2: keys, texts or patterns must be set'],
    ['no names', { rules: [{ keys: [] }] }, 'rules.0.keys must be a list of names'],
    ['keep without texts', { rules: [{ keys: ['a'], keep: ['b'] }] }, 'rule 1: keep needs texts'],
    ['a key that figures read', { rules: [{ keys: ['Usage'] }] }, 'rule 1: keys must not name "Usage"'],
    ['a bad pattern', { rules: [{ patterns: ['a', '('] }] }, 'rule 1: pattern 2 must be a regular expression'],
    ['a back-reference', { rules: [{ patterns: ['(a)\\1'] }] }, 'pattern 1 must not contain a back-reference'],
    ['lookahead', { rules: [{ patterns: ['a(?=b)'] }] }, 'pattern 1 must not contain lookaround'],
    ['lookbehind', { rules: [{ patterns: ['(?<!a)b'] }] }, 'pattern 1 must not contain lookaround'],
    ...['(a+)+b', '(a|a)*b', '(a+){10}b', '((a{1,10}){1,10}){1,10}b', 'a*a*a*a*b'].map(
      (pattern): [string, unknown, string] => [
        `a pattern that may take hours: ${pattern}`,
        { rules: [{ patterns: [pattern] }] },
        'pattern 1 must have fewer repetitions',
      ],
    ),
    ['a pattern of nothing', { rules: [{ patterns: ['a*'] }] }, 'pattern 1 must not match an empty string'],
    [
      'long patterns',
      { rules: [{ patterns: ['a'.repeat(201)] }] },
      'rules.0.patterns.0 must be a list of regular expr',
    ],
    ['many patterns', { rules: [{ patterns: Array.from({ length: 21 }, () => 'a') }] }, 'at most 20 patterns, got 21'],
    ['a right with blanks', { rules: [{ keys: ['a'], unless: 'a b' }] }, 'rules.0.unless must be a right'],
  ])('prevents the start for %s', async (_name, content, message) => {
    const refused = await start(content);
    expect(refused).toContain(message);
    expect(refused).toContain(`REDACTION: ${path}`);
  });

  it('lets the gateway start with valid rules', async () => {
    expect(await start({ rules: [] })).toBe('started');
    expect(await start(RULES)).toBe('started');
    const patterns = [
      '\\b\\d{13,19}\\b',
      '[\\w.+-]+@[\\w-]+\\.\\w+',
      '(?:\\d{4}[ -]?){3}\\d{4}',
      '(?:ab)+',
      'sk-\\w{20,}',
    ];
    expect(await start({ rules: [{ patterns }] })).toBe('started');
    await expect(startGateway({ env: { REDACTION: join(folder, 'none') } })).rejects.toThrow('it cannot be read');
  });
});

const kindsIn = (data: unknown): string[] =>
  [...JSON.stringify(data).matchAll(/"kind":"(\w+)"/g)].map(([, kind = '']) => kind);

describe('a change of a redacted prompt', () => {
  const script = createIncident(Date.parse('2026-11-24T12:00:00Z'), ordersOf(['wf']));
  const redaction: RedactionRules = { rules: [{ texts: true, unless: 'payloads:read' }] };
  const gateway = perTest(new TestGateway({ script, clock: createManualClock(), env: SERVICE, redaction }));

  it.each([
    ['support', ['PROMPT']],
    ['board', []],
  ])('is shown to those who may read it: %s', async (key, kinds) => {
    const { data, errors } = await gateway.query('{ workflow(id: "wf") { changePoints { nodes { kind } } } }', { key });
    expect(errors).toEqual([]);
    expect([...new Set(kindsIn(data))].sort()).toEqual(kinds);
  });
});

it('applies rules to upstream keys, which carry no rights', async () => {
  const gateway = await startGateway({ script, redaction: RULES });
  expect((await gateway.query(ofRun('error'))).data).toEqual({ run: { error: 'No budget for [redacted]' } });
  await gateway.close();
});
