import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { rawJSON, wireRun, wireWorkflow } from '../../harness/wire.ts';
import { graph, history, noSteps, record, steps, TIDY, workflow, type Examples } from './variation.ts';

/** All optional fields of a workflow. */
const UNKNOWN = {
  ...{ name: null, description: null, status: null, version: null, isPublic: null },
  ...{ createdAt: null, updatedAt: null, updatedBy: null, graph: null },
};
const WHOLE = '4711471147114711';
const nodes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, {}]));
const edges = (count: number) => Array.from({ length: count }, () => ['n0', 'n1']);

export const OF_OTHER_CALLS: Examples = {
  "a run's record is not in a list": [record({ json: wireRun('r1') })],
  "a run's record has no `id`": [record({ json: [wireRun('r1', { id: null })] })],
  "a run's `id` is a whole number": [record({ json: [wireRun('', { id: rawJSON(WHOLE) })] }, {}, WHOLE)],
  "a run's times are numbers, or have no zone": [
    record(
      { json: [wireRun('r1', { start_time: 1_741_833_675_144, end_time: '2025-03-13 02:41:17.382162' })] },
      { startedAt: '2025-03-13T02:41:15.144Z' },
    ),
  ],
  'an item of the history is not a run, or has no readable `id`': [
    history([wireRun('r2'), null, { detail: 'none' }, wireRun('', { id: {} }), wireRun('r1')], ['r2', 'r1'], {
      'runs[]': 2,
    }),
  ],
  'ids in the history are whole numbers': [
    history([wireRun('', { id: 12 }), wireRun('', { id: 11 })], ['12', '11'], { 'runs[].id': 2 }),
  ],
  '`all_outputs` is not an object': ['{}', 7, []].map((value) =>
    history([wireRun('r1', { all_outputs: value })], ['r1']),
  ),
  'a page of the history has more runs than its `limit`': [
    history(
      ['r9', 'r8', 'r7', 'r6', 'r5', 'r4', 'r3'].map((id) => wireRun(id)),
      ['r9', 'r8', 'r7', 'r6', 'r5'],
    ),
    history(
      [...['r9', 'r8', 'r7', 'r6', 'r5', 'r4'].map((id) => wireRun(id)), ...new Array<number>(25_001).fill(0)],
      [...['r9', 'r8', 'r7', 'r6', 'r5']],
    ),
  ],
  'an item of the list is not a workflow, or has no readable `workflow_id`': [
    workflow(wireWorkflow('', { workflow_id: null }), null),
  ],
  '`workflow_id` is a whole number': [workflow(wireWorkflow('wf', { workflow_id: 7 }), { id: '7' })],
  '`public` is `"true"`, `"false"`, 1 or 0': [
    ...([1, 'true'] as const).map((value) => workflow(wireWorkflow('wf', { public: value }), { isPublic: true })),
    ...([0, 'false'] as const).map((value) => workflow(wireWorkflow('wf', { public: value }), { isPublic: false })),
  ],
  '`version` is a number': [
    workflow(wireWorkflow('wf', { version: 3 }), { version: '3' }),
    workflow({ workflow_id: 'wf', version: '', public: '' }, UNKNOWN),
  ],
  '`created_at` or `updated_at` is a number': [
    workflow(wireWorkflow('wf', { created_at: 1_741_833_675 }), { createdAt: '2025-03-13T02:41:15Z' }),
  ],
  '`graph` is not an object': ['{}', 7, []].map((value) =>
    workflow(wireWorkflow('wf', { graph: value }), { graph: null }),
  ),
  '`graph` has more than 10,000 nodes or edges, or 4 MiB': [
    graph({ edges: edges(10_001) }, null),
    graph({ nodes: nodes(10_001) }, null),
    graph({ nodes: { a: { metadata: 'x'.repeat(2 ** 22) } } }, null),
  ],
  'a node of the graph is not an object': [
    graph({ nodes: { model_1: 'model' } }, { nodes: [{ id: 'model_1', type: null, description: null }] }),
    graph(
      { nodes: { a: null, b: { type: 7, metadata: { description: '' } } } },
      {
        nodes: ['a', 'b'].map((id) => ({ id, type: null, description: null })),
      },
    ),
  ],
  'an edge is not a pair of strings': [
    graph({ edges: [['START', 'model_1'], 'model_1-send', ['model_1', 'send']] }, {}),
    graph(
      { edges: [['a', 7], [7, 'a'], null, ['b'], ['a', 'b']] },
      { edges: [{ from: 'a', to: 'b' }] },
      {
        'workflows[].graph.edges[]': 4,
      },
    ),
  ],
};

const STEPS = JSON.stringify(TIDY.steps?.json);
const encoded = (encoding: string, raw: Buffer) => ({ raw, headers: { 'content-encoding': encoding } });

export const OF_BODIES: Examples = {
  'strings are not UTF-8': [steps([{ raw: Buffer.from(STEPS.replace('"Refund approved."', '"größer"'), 'latin1') }])],
  'a byte order mark precedes the JSON': [steps([{ raw: `\uFEFF${STEPS}` }])],
  'JSON comes with another content type': [steps([{ raw: STEPS, headers: { 'content-type': 'text/html' } }])],
  'the response is compressed with gzip': [
    steps([encoded('gzip', gzipSync(STEPS))]),
    steps([encoded('deflate', deflateSync(STEPS))]),
  ],
  'the response is compressed with brotli': [
    steps([encoded('br', brotliCompressSync(STEPS))]),
    steps([encoded('zstd', zstdCompressSync(STEPS))]),
  ],
  'the response is larger than UPSTREAM_MAX_RESPONSE_BYTES after decompression': [
    noSteps('UPSTREAM_MAX_RESPONSE_BYTES', encoded('gzip', gzipSync(Buffer.alloc(2 ** 24, ' ')))),
  ],
  'HTTP 204': [noSteps('got no content (HTTP 204)', { status: 204, raw: '' })],
  'an empty body, or only blanks': ['', '\n', ' '.repeat(4096)].map((raw) => noSteps('is empty, not JSON', { raw })),
  'NDJSON: one JSON value per line': [
    noSteps('is NDJSON', { raw: '{"id":"s1"}\n{"id":"s2"}\n' }),
    noSteps('is NDJSON', { raw: `{"id":"s1"}\n{"id":"s2"}\n{"id":"${'x'.repeat(5000)}"}` }),
  ],
  'an HTML page': ['<!doctype html><title>Sign in</title>', ' \n<HTML>', '<!doctype  HTML><p>', '<body>'].map((raw) =>
    noSteps('is an HTML page, not JSON', { raw }),
  ),
  'anything else that is not JSON': [
    ...['[{"id":"s1"', 'none', 'none <html>', '{"id":1}\nnone'].map((raw) => noSteps('is not JSON', { raw })),
    ...['<?xml version="1.0"?><e/>', ' \n <e/>', '<htmlx>'].map((raw) => noSteps('is XML, not JSON', { raw })),
  ],
  'a redirect': [
    noSteps('got HTTP 302. Redirects are not followed', {
      status: 302,
      headers: { location: 'https://login.example/' },
    }),
  ],
  'HTTP 408, 429, 502, 503 or 504 to a GET': [
    [408, 503],
    [429, 502],
    [504, 503],
  ].map(([first = 0, second = 0]) => steps([{ status: first }, { status: second }, { raw: STEPS }])),
  '`run_id` of a started run is a whole number': [
    {
      replies: {
        execute: [{ json: { run_id: rawJSON(WHOLE) } }],
        run: [{ status: 404 }],
        steps: [{ status: 404 }],
      },
      query: 'mutation { executeWorkflow(workflowId: "wf") { message run { id } } }',
      data: { executeWorkflow: { message: null, run: { id: WHOLE } } },
    },
  ],
};
