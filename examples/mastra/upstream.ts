/** Mastra workflows behind the schema of Stepgate: workflow = workflow, run = run, step = result of a step. */
import type { Mastra } from '@mastra/core';
import { standardSchemaToJSONSchema } from '@mastra/core/schema';
import type { WorkflowRuns } from '@mastra/core/storage';
import type { StepWithComponent, WorkflowRunState, WorkflowState } from '@mastra/core/workflows';
import {
  UpstreamError,
  type JsonValue,
  type RunRef,
  type Upstream,
  type UpstreamCall,
  type UpstreamStep,
  type UpstreamWaitRequest,
} from 'stepgate';

/** Words of Mastra that the gateway does not know, or knows with another meaning. */
export const STATUS_WORDS = { waiting: 'WAITING', bailed: 'COMPLETED', tripwire: 'FAILED' } as const;

/** Result of a step, as the storage has it. */
interface Result {
  readonly status: string;
  readonly payload?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly suspendedAt?: number;
  readonly resumedAt?: number;
  readonly suspendPayload?: {
    readonly __workflow_meta?: {
      /** Items of a list. */
      readonly foreachOutput?: readonly (Result | null)[];
      /** The step that waits, within a nested workflow. */
      readonly path?: readonly string[];
    };
  };
}

/** A part of a workflow: a step, a list or loop (`step`), branches (`steps`) or a nested workflow (`serializedStepFlow`). */
interface Entry {
  readonly type?: string;
  readonly id?: string;
  readonly description?: string;
  readonly step?: Entry;
  readonly steps?: readonly Entry[];
  readonly serializedStepFlow?: readonly Entry[];
}

/** A workflow or a step, as its author wrote it. */
type Part = Pick<StepWithComponent, 'steps' | 'resumeSchema'>;

/** What a client sees as one step. */
interface Execution {
  readonly id: string;
  readonly node: Node;
  readonly result: Result;
  /** Position in a list. */
  readonly index?: number;
}

type Node = Required<Pick<Entry, 'id' | 'type'>> & { readonly metadata: { readonly description?: string } };

/** `keys`: of clients. */
export function createMastraUpstream(mastra: Mastra, keys: ReadonlySet<string>): Upstream {
  function workflowsFor({ credential }: UpstreamCall) {
    if (!keys.has(credential)) throw new UpstreamError(401);
    return Object.values(mastra.listWorkflows());
  }

  function workflowOf(id: string, call: UpstreamCall) {
    const workflow = workflowsFor(call).find((each) => each.id === id);
    if (!workflow) throw new UpstreamError(404);
    return workflow;
  }

  async function stateOf({ workflowId, runId }: RunRef, call: UpstreamCall): Promise<WorkflowState> {
    const state = await workflowOf(workflowId, call).getWorkflowRunById(runId);
    return state ?? Promise.reject(new UpstreamError(404));
  }

  return {
    name: 'mastra',

    async steps(ref, call) {
      const workflow = workflowOf(ref.workflowId, call);
      return executionsOf(await stateOf(ref, call)).map((execution) => ({
        ...stepOf(execution),
        wait_request: execution.result.status === 'suspended' ? waitRequestOf(workflow, execution) : null,
      }));
    },

    async run(ref, call) {
      const state = await stateOf(ref, call);
      return [recordOf(state, state.payload)];
    },

    async runs({ workflowId, offset, limit }, call) {
      const workflow = workflowOf(workflowId, call);
      const first = Math.floor(offset / limit);
      // Mastra pages by number: an offset between two pages needs both.
      const numbers = offset % limit === 0 ? [first] : [first, first + 1];
      const pages = await Promise.all(numbers.map((page) => workflow.listWorkflowRuns({ perPage: limit, page })));
      const runs: WorkflowRuns['runs'] = pages.flatMap((page: WorkflowRuns) => page.runs);
      return runs.slice(offset % limit, (offset % limit) + limit).map(({ snapshot, ...times }) => {
        const state = typeof snapshot === 'string' ? (JSON.parse(snapshot) as WorkflowRunState) : snapshot;
        return recordOf({ ...state, ...times }, state.context.input);
      });
    },

    async workflows(call) {
      return Promise.resolve(
        workflowsFor(call).map(({ id, description, serializedStepGraph }) => {
          const { nodes, edges } = graphOf(serializedStepGraph);
          return { workflow_id: id, name: id, description, graph: { nodes: Object.fromEntries(nodes), edges } };
        }),
      );
    },

    async execute({ workflowId, inputs }, call) {
      const run = await workflowOf(workflowId, call).createRun();
      const { runId } = await run.startAsync({ inputData: inputs });
      return { run_id: runId, message: 'Workflow started' };
    },

    async cancelRun(ref, call) {
      const { status } = await stateOf(ref, call);
      if (OVER.has(status)) throw new UpstreamError(409, `The run is over: ${status}`);
      const run = await workflowOf(ref.workflowId, call).createRun({ runId: ref.runId });
      await run.cancel();
      return { message: 'Run canceled' };
    },

    async resumeStep({ stepId, answer, ...ref }, call) {
      const workflow = workflowOf(ref.workflowId, call);
      const state = await stateOf(ref, call);
      const execution = executionsOf(state).find(({ id }) => id === stepId);
      if (!execution) throw new UpstreamError(404);
      if (OVER.has(state.status) || execution.result.status !== 'suspended') throw new UpstreamError(409);
      await checkAnswer(workflow, execution, answer);
      const run = await workflow.createRun({ runId: ref.runId });
      const goesOn = Promise.withResolvers<undefined>();
      const stopWatching = run.watch(() => goesOn.resolve(undefined));
      const step = execution.node.id.split('.');
      try {
        // Mastra's promise waits for the end of the run, which may be hours away.
        await Promise.race([run.resume({ step, resumeData: answer, forEachIndex: execution.index }), goesOn.promise]);
      } catch (error) {
        // Another caller was first, or a parallel step still runs: Mastra resumes only a run that has suspended.
        if ((await stateOf(ref, call)).status !== 'suspended')
          throw new UpstreamError(409, undefined, { cause: error });
        throw error;
      } finally {
        stopWatching();
      }
      return { message: 'Step resumed' };
    },
  };
}

/** The step that waits may be within a nested workflow. */
function resumeSchemaOf(workflow: Part, { node, result }: Execution) {
  const path = [...node.id.split('.'), ...(result.suspendPayload?.__workflow_meta?.path ?? [])];
  return path.reduce<Part | undefined>((part, id) => part?.steps?.[id], workflow)?.resumeSchema;
}

function waitRequestOf(workflow: Part, execution: Execution): UpstreamWaitRequest {
  const payload = Object.entries(execution.result.suspendPayload ?? {});
  const data = Object.fromEntries(payload.filter(([key]) => key !== '__workflow_meta'));
  const schema = resumeSchemaOf(workflow, execution);
  return { data, answer_schema: schema ? standardSchemaToJSONSchema(schema, { io: 'input' }) : null };
}

/** Mastra checks too, but its error does not have the fields apart. */
async function checkAnswer(workflow: Part, execution: Execution, answer: JsonValue): Promise<void> {
  const { issues } = (await resumeSchemaOf(workflow, execution)?.['~standard'].validate(answer)) ?? {};
  if (!issues) return;
  const fields = issues.map(({ path = [], message }) => ({
    path: path.map((key) => String(typeof key === 'object' ? key.key : key)).join('.'),
    message,
  }));
  throw new UpstreamError(422, 'The answer does not fit', { fields });
}

/**
 * Items of a list have their own results while the list has not completed. A nested workflow is not a node: its steps are.
 * Mastra leaves a waiting step of a canceled run suspended.
 */
function executionsOf({ runId, status, updatedAt, serializedStepGraph, steps }: WorkflowState): Execution[] {
  const { nodes } = graphOf(serializedStepGraph ?? []);
  const results = Object.entries((steps ?? {}) as unknown as Record<string, Result>);
  const ended = (result: Result): Result =>
    status === 'canceled' && result.status === 'suspended'
      ? { ...result, status, endedAt: new Date(updatedAt).getTime() }
      : result;
  return results.flatMap(([nodeId, result]): Execution[] => {
    const node = nodes.get(nodeId);
    if (!node) return [];
    const id = `${runId}:${nodeId}`;
    const items = result.suspendPayload?.__workflow_meta?.foreachOutput;
    if (!items) return [{ id, node, result: ended(result) }];
    return items.flatMap((item, index) => (item ? [{ id: `${id}:${index}`, node, result: ended(item), index }] : []));
  });
}

const stepOf = ({ id, node, result, index }: Execution): UpstreamStep => ({
  ...{ id, node_id: node.id, item_key: index, status: result.status, error: result.error },
  ...{ start_time: timeOf(result.startedAt), end_time: timeOf(result.endedAt) },
  waits: waitsOf(result, node.type.startsWith('sleep')),
  ...{ inputs: result.payload, outputs: result.output, step_metadata: result.suspendPayload },
});

/** A resumed step has lost the time of its suspension: it counts as waiting since its start. */
function waitsOf({ startedAt, endedAt, suspendedAt, resumedAt }: Result, isSleep: boolean) {
  const waits = [
    isSleep && [startedAt, endedAt],
    resumedAt && [startedAt, resumedAt],
    suspendedAt && [suspendedAt, endedAt],
  ];
  return waits.flatMap((wait) => (wait && wait[0] ? { from: isoOf(wait[0]), to: timeOf(wait[1]) } : []));
}

const isoOf = (time: number | string | Date): string => new Date(time).toISOString();
const timeOf = (time: number | undefined): string | null => (time === undefined ? null : isoOf(time));

type State = Pick<WorkflowState, 'runId' | 'status' | 'result' | 'error' | 'createdAt' | 'updatedAt'>;
const OVER = new Set<string>(['success', 'failed', 'canceled', 'bailed', 'tripwire'] satisfies State['status'][]);

const recordOf = ({ runId, status, result, error, createdAt, updatedAt }: State, inputs: unknown) => ({
  ...{ id: runId, status, error, inputs, outputs: result },
  ...{ start_time: isoOf(createdAt), end_time: OVER.has(status) ? isoOf(updatedAt) : null },
});

/** The steps of nested workflows are among the others, as `workflow.step`. */
function graphOf(entries: readonly Entry[]) {
  const nodes = new Map<string, Node>();
  const edges: [string, string][] = [];
  const addAll = (flow: readonly Entry[], prefix: string, start: readonly string[]) =>
    flow.reduce((before, entry) => add(entry, prefix, before), start);
  function add(entry: Entry, prefix: string, before: readonly string[]): readonly string[] {
    if (entry.steps) return entry.steps.flatMap((branch) => add(branch, prefix, before));
    if (entry.serializedStepFlow) return addAll(entry.serializedStepFlow, `${prefix}${entry.id}.`, before);
    const named = entry.step?.step ?? entry.step ?? entry;
    const id = `${prefix}${named.id}`;
    nodes.set(id, { id, type: entry.type ?? 'step', metadata: { description: named.description } });
    edges.push(...before.map((from): [string, string] => [from, id]));
    return [id];
  }
  for (const last of addAll(entries, '', ['START'])) edges.push([last, 'END']);
  return { nodes, edges };
}
