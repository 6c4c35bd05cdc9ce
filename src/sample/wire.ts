/** The API's format: snake_case and its quirks (floored seconds, `tokens: 0`, two timestamp formats) are only here. */
import type { Json, JsonObject, WorkflowDefinition, WorkflowNode } from './definition.ts';
import { schemaOf } from './answers.ts';
import type { Run, Step } from './engine.ts';
import { asksOf, inputsOf, mappedOutputOf, outputMappingOf, outputsOf, recordedOutputOf } from './outputs.ts';
import { createRandom } from './random.ts';

/** Sorted by id, so in no chronological order. */
export const stepsOnWire = (run: Run, organizationId: string): JsonObject[] =>
  [...run.steps]
    .sort((one, another) => (one.id < another.id ? -1 : 1))
    .map((step) => ({
      id: step.id,
      user_id: run.userId,
      organization_id: organizationId,
      node_id: step.nodeId,
      status: step.status,
      start_time: timestamp(step.startMicros),
      end_time: timestamp(step.endMicros),
      elapsed_time: flooredSeconds(step),
      error: step.error ?? noError(step.id),
      outputs: outputsOf(run, step),
      inputs: inputsOf(run, step),
      step_metadata: step.attempt > 1 ? { attempt: step.attempt } : null,
      tokens: 0,
      ...(step.status === 'paused' && {
        waits: [{ from: timestamp(step.startMicros) }],
        wait_request: waitRequestOf(run, step),
      }),
    }));

function waitRequestOf(run: Run, step: Step): JsonObject | null {
  const asks = asksOf(run, step);
  return asks && { message: asks.message, data: inputsOf(run, step), answer_schema: schemaOf(asks.form) };
}

export function runOnWire(run: Run): JsonObject {
  const finished = run.steps.findLast(({ nodeId, status }) => nodeId === run.workflow.finish && status === 'completed');
  return {
    id: run.id,
    status: run.status,
    start_time: timestamp(run.startMicros),
    end_time: timestamp(run.endMicros),
    elapsed_time: flooredSeconds(run),
    error: run.error ?? noError(run.id),
    outputs: finished ? mappedOutputOf(run, finished) : null,
    all_outputs: allOutputs(run),
    inputs: run.inputs,
  };
}

export const workflowOnWire = (workflow: WorkflowDefinition, organizationId: string): JsonObject => ({
  workflow_id: workflow.id,
  name: workflow.name,
  description: workflow.description,
  status: 'active',
  version: workflow.version,
  public: workflow.isPublic,
  user_id: workflow.createdBy,
  organization_id: organizationId,
  created_by: workflow.createdBy,
  updated_by: workflow.createdBy,
  created_at: spacedTimestamp(workflow.createdAt),
  updated_at: spacedTimestamp(workflow.updatedAt),
  file_metadata: {
    bucket: 'workflow-definitions',
    url: `https://files.internal/${workflow.id}.json`,
    key: `${organizationId}/${workflow.id}/${workflow.version}.json`,
  },
  graph: {
    settings: { support_multiple_edges: true },
    description: workflow.description,
    input_data: workflow.exampleInputs(createRandom(workflow.id)),
    nodes: Object.fromEntries(workflow.nodes.map((node) => [node.id, nodeOnWire(node)])),
    edges: [['START', workflow.entry], ...workflow.edges, [workflow.finish, 'END']],
    entry_point: workflow.entry,
    finish_point: workflow.finish,
    selectedOutput: workflow.finish,
    node_metadata: JSON.stringify(editorLayout(workflow)),
  },
});

const nodeOnWire = (node: WorkflowNode): JsonObject => ({
  type: node.type,
  metadata: {
    description: node.description,
    output_mapping: outputMappingOf(node),
    ...(node.type === 'model' && {
      model: node.model,
      temperature: node.temperature,
      max_tokens: node.maxTokens,
      system_prompt: node.system,
    }),
    ...(node.type === 'knowledge_retrieval' && { knowledge_base: node.knowledgeBase, top_k: node.passages }),
    ...(node.type === 'conditional' && { branches: node.branches }),
  },
});

/** Output of the latest successful step, by node id. */
function allOutputs(run: Run): Record<string, Json> {
  const completed = run.steps.filter(({ status }) => status === 'completed');
  return Object.fromEntries(completed.map((step) => [step.nodeId, recordedOutputOf(run, step)]));
}

const editorLayout = (workflow: WorkflowDefinition): JsonObject =>
  Object.fromEntries(workflow.nodes.map(({ id }, index) => [id, { x: 80 + 220 * (index % 4), y: 60 + 40 * index }]));

interface Span {
  readonly startMicros: number;
  readonly endMicros: number | null;
}

/** Floored, and 0 while the step is running. */
const flooredSeconds = ({ startMicros, endMicros }: Span): number =>
  endMicros === null ? 0 : Math.floor((endMicros - startMicros) / 1_000_000);

/** A missing error has two forms: a third of the responses use the empty string. */
const noError = (id: string): '' | null => (createRandom('error', id).chance(1 / 3) ? '' : null);

/** `2025-03-13T02:41:15.144470Z` */
function timestamp(micros: number | null): string | null {
  if (micros === null) return null;
  const milliseconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1);
  return `${milliseconds}${String(micros % 1000).padStart(3, '0')}Z`;
}

/** `2025-03-12 00:59:55.465508+00:00` */
const spacedTimestamp = (text: string): string => text.replace('T', ' ').replace('Z', '+00:00');
