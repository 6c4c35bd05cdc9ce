import { wireWorkflow } from '../../harness/scripted-history.ts';
import { rawJSON, wireRun, type Wire } from '../../harness/wire.ts';
import { graph, history, record, workflow, type Examples } from './variation.ts';

const LONG = '47114711471147114711';
const GRAPH = wireWorkflow('wf').graph as Wire;
const nodes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, {}]));
const edges = (count: number) => Array.from({ length: count }, () => ['n0', 'n1']);

export const OF_OTHER_CALLS: Examples = {
  "a run's record is not in a list": [record({ json: wireRun('r1') })],
  "a run's record has no `id`": [record({ json: [wireRun('r1', { id: null })] })],
  "a run's `id` is a whole number": [record({ json: [wireRun('', { id: rawJSON(LONG) })] }, {}, LONG)],
  "a run's times are numbers, or have no zone": [
    record(
      { json: [wireRun('r1', { start_time: 1_741_833_675_144, end_time: '2025-03-13 02:41:17.382162' })] },
      { startedAt: '2025-03-13T02:41:15.144Z' },
    ),
  ],
  'an item of the history is not a run, or has no `id` that can be read': [
    history([wireRun('r2'), null, { detail: 'none' }, wireRun('', { id: {} }), wireRun('r1')], ['r2', 'r1'], {
      'runs[]': 2,
    }),
  ],
  'ids in the history are whole numbers': [
    history([wireRun('', { id: 12 }), wireRun('', { id: 11 })], ['12', '11'], { 'runs[].id': 2 }),
  ],
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
  'an item of the list is not a workflow, or has no `workflow_id` that can be read': [
    workflow(wireWorkflow('', { workflow_id: null }), null),
  ],
  '`workflow_id` is a whole number': [
    workflow(wireWorkflow('', { workflow_id: 7 }), { id: '7' }),
    workflow(wireWorkflow('', { workflow_id: rawJSON(LONG) }), { id: LONG }),
  ],
  '`public` is `"true"`, `"false"`, 1 or 0': [
    ...([1, 'true'] as const).map((value) => workflow(wireWorkflow('wf', { public: value }), { isPublic: true })),
    ...([0, 'false'] as const).map((value) => workflow(wireWorkflow('wf', { public: value }), { isPublic: false })),
  ],
  '`version` is a number': [
    workflow(wireWorkflow('wf', { version: 3 }), { version: '3' }),
    workflow(wireWorkflow('wf', { version: '', public: '', created_at: null, graph: null }), {
      ...{ version: null, isPublic: null, createdAt: null, graph: null },
    }),
  ],
  '`created_at` or `updated_at` is a number': [
    workflow(wireWorkflow('wf', { created_at: 1_741_833_675 }), { createdAt: '2025-03-13T02:41:15Z' }),
  ],
  '`graph` is not an object': ['{}', 7, []].map((value) =>
    workflow(wireWorkflow('wf', { graph: value }), { graph: null }),
  ),
  '`graph` has more than 10,000 nodes or edges, or 4 MiB, or takes 30 ms to parse': [
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
  'an edge is not a pair of texts': [
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

/** Graphs that differ in nothing: which node is the first and which the last one. */
export const GRAPH_ENDS: readonly (readonly [
  Wire,
  { readonly entry: string | null; readonly finish: string | null },
])[] = [
  [
    { entry_point: 'a', finish_point: 'b' },
    { entry: 'a', finish: 'b' },
  ],
  [
    { entry_point: 'START', finish_point: 'END' },
    { entry: 'model_1', finish: 'send' },
  ],
  [
    { entry_point: null, finish_point: '' },
    { entry: 'model_1', finish: 'send' },
  ],
  [
    { entry_point: null, finish_point: null, edges: [] },
    { entry: null, finish: null },
  ],
  [
    {
      ...{ entry_point: null, finish_point: null },
      edges: [...(GRAPH.edges as string[][]), ['START', 'send'], ['model_1', 'END']],
    },
    { entry: null, finish: null },
  ],
];
