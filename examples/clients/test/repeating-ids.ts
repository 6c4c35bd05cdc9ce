/** A gateway with an upstream that repeats run, step and node ids in each workflow, with different statuses. */
import { startGateway } from '../../../test/harness/gateway.ts';
import { startUpstream } from '../../../test/harness/upstream.ts';
import { wireRun, wireStep } from '../../../test/harness/wire.ts';

const WORKFLOWS = ['one', 'two'];
const OUTCOMES: Readonly<Record<string, string>> = { one: 'completed', two: 'failed' };

export async function startRepeatingIds() {
  const upstream = await startUpstream(({ endpoint, workflowId, runId }) => {
    const status = OUTCOMES[workflowId] ?? 'unknown';
    if (endpoint === 'steps')
      return { json: [wireStep({ id: '1', node_id: 'model_1', status: runId === '2' ? 'skipped' : status })] };
    if (endpoint === 'run') return { json: [wireRun(runId, { status })] };
    if (endpoint !== 'workflows') return { status: 404, json: {} };
    const graphOf = (id: string) => ({ nodes: { model_1: { type: `model of ${id}` } }, edges: [] });
    return { json: WORKFLOWS.map((id) => ({ workflow_id: id, name: id, graph: graphOf(id) })) };
  });
  const gateway = await startGateway({ upstream });
  return {
    url: `${gateway.url}/graphql`,
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}

const bothRuns = (workflow: string, run: string, step: string): string => `query Repeating {
  ${WORKFLOWS.map(
    (id) => `${id}: workflow(id: "${id}") {
      ${workflow}
      graph { nodes { id type } }
      run1: run(id: "1") { ${run} status steps { ${step} status node { id type } } }
      run2: run(id: "2") { ${run} status steps { ${step} status node { id type } } }
    }`,
  ).join('\n')}
}`;

/** Valid operations that select all fields of the keys, some, none, or other fields under their names. */
export const REPEATING = {
  'with whole keys': bothRuns('id', 'id workflowId', 'id runId workflowId'),
  'with ids only': bothRuns('id', 'id', 'id'),
  'without keys': bothRuns('name', '', ''),
  'with aliases': bothRuns('id: name', 'id: status workflowId', 'id: nodeId runId workflowId: nodeId'),
};
