import { wireWorkflow } from '../../harness/scripted-history.ts';
import { rawJSON, wireRun } from '../../harness/wire.ts';
import { ofHistory, ofRecord, ofWorkflow, type Variation } from './variation.ts';

const GRAPH = wireWorkflow('wf').graph as Readonly<Record<string, unknown>>;

export const OF_RECORDS: readonly Variation[] = [
  ofRecord(
    {
      variation: "a run's record is not in a list",
      happens: 'Read, if it has `id` or `status`.',
      deviations: { 'run read': 1 },
    },
    { json: wireRun('r1') },
  ),
  ofRecord(
    {
      variation: "a run's record has no `id`",
      happens: 'It is the record of the run that was asked for, if there is no other.',
      deviations: { 'run[].id lost': 1 },
    },
    { json: [wireRun('r1', { id: null })] },
  ),
  ofRecord(
    {
      variation: "a run's `id` is a whole number",
      happens: 'Read as its text.',
      deviations: { 'run[].id read': 1 },
    },
    { json: [wireRun('', { id: rawJSON('47114711471147114711') })] },
    {},
    '47114711471147114711',
  ),
  ofRecord(
    {
      variation: "a run's times are numbers, or have no zone",
      happens: 'Read as those of a step.',
      deviations: { 'run[].start_time read': 1, 'run[].end_time read': 1 },
    },
    { json: [wireRun('r1', { start_time: 1_741_833_675_144, end_time: '2025-03-13 02:41:17.382162' })] },
    { startedAt: '2025-03-13T02:41:15.144Z' },
  ),
  ofHistory(
    {
      variation: 'an item of the history is no run, or has no `id` that can be read',
      happens: 'Left out, since nothing can be asked of it. It keeps its position, so paging goes on behind it.',
      deviations: { 'runs[] lost': 2, 'runs[].id lost': 1 },
    },
    [wireRun('r2'), null, { detail: 'none' }, wireRun('', { id: {} }), wireRun('r1')],
    ['r2', 'r1'],
  ),
  ofHistory(
    {
      variation: 'ids in the history are whole numbers',
      happens: 'Read as their text.',
      deviations: { 'runs[].id read': 2 },
    },
    [wireRun('', { id: 12 }), wireRun('', { id: 11 })],
    ['12', '11'],
  ),
  ofHistory(
    {
      variation: 'a page of the history has more runs than its `limit`',
      happens: 'Those beyond it are not read: they are asked for by their own `offset`.',
      deviations: { 'runs read': 1 },
    },
    ['r9', 'r8', 'r7', 'r6', 'r5', 'r4', 'r3'].map((id) => wireRun(id)),
    ['r9', 'r8', 'r7', 'r6', 'r5'],
    true,
  ),
];

export const OF_WORKFLOWS: readonly Variation[] = [
  ofWorkflow(
    {
      variation: 'an item of the list is no workflow, or has no `workflow_id` that can be read',
      happens: 'Left out, since nothing can be asked of it.',
      deviations: { 'workflows[].workflow_id lost': 1 },
    },
    wireWorkflow('', { workflow_id: null }),
    null,
  ),
  ofWorkflow(
    {
      variation: '`workflow_id` is a whole number',
      happens: 'Read as its text.',
      deviations: { 'workflows[].workflow_id read': 1 },
    },
    wireWorkflow('', { workflow_id: 7 }),
    { id: '7' },
  ),
  ofWorkflow(
    {
      variation: '`public` is `"true"`, `"false"`, 1 or 0',
      happens: 'Read as the boolean.',
      deviations: { 'workflows[].public read': 1 },
    },
    wireWorkflow('wf', { public: 1 }),
    { isPublic: true },
  ),
  ofWorkflow({ variation: '`version` is a number', happens: 'Read as its text.' }, wireWorkflow('wf', { version: 3 }), {
    version: '3',
  }),
  ofWorkflow(
    {
      variation: '`created_at` or `updated_at` is a number',
      happens: 'Read as a time of a step.',
      deviations: { 'workflows[].created_at read': 1 },
    },
    wireWorkflow('wf', { created_at: 1_741_833_675 }),
    { createdAt: '2025-03-13T02:41:15Z' },
  ),
  ofWorkflow(
    { variation: '`graph` is no object', happens: 'Null.', deviations: { 'workflows[].graph lost': 1 } },
    wireWorkflow('wf', { graph: '{}' }),
    { graph: null },
  ),
  ofWorkflow(
    {
      variation: '`graph` has more than 10,000 nodes or edges, or 4 MiB, or takes 30 ms to parse',
      happens: 'Null.',
      deviations: { 'workflows[].graph lost': 1 },
    },
    wireWorkflow('wf', { graph: { ...GRAPH, edges: Array.from({ length: 10_001 }, () => ['model_1', 'send']) } }),
    { graph: null },
  ),
  ofWorkflow(
    {
      variation: 'a node of the graph is no object',
      happens: 'Its type and description are null.',
      deviations: { 'workflows[].graph.nodes[] lost': 1 },
    },
    wireWorkflow('wf', { graph: { ...GRAPH, nodes: { model_1: 'model' } } }),
    { graph: { nodes: [{ id: 'model_1' }], edges: [{ from: 'model_1', to: 'send' }] } },
  ),
  ofWorkflow(
    {
      variation: 'an edge is no pair of texts',
      happens: 'Left out. The rest of the graph is answered.',
      deviations: { 'workflows[].graph.edges[] lost': 1 },
    },
    wireWorkflow('wf', { graph: { ...GRAPH, edges: [['START', 'model_1'], 'model_1-send', ['model_1', 'send']] } }),
    {},
  ),
];
