/** The failed calls that a field needs, from the field table, its arguments and the ids of its object. */
import type { GraphQLResolveInfo } from 'graphql';
import type { LookAhead } from '../../../src/graphql/fields/data-requirements.ts';
import { entryOf } from '../../../src/graphql/fields/field-entry.ts';
import { readsSteps } from '../../../src/runs/loaders/run-loaders.ts';
import { callOf, hasRecord, leavesToSteps, type Failures } from './failing-calls.ts';
import type { Fault } from '../../../test/harness/quick-faults.ts';

export interface RunIds {
  readonly workflowId: string;
  readonly runId: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Aliases of the ids that each workflow and run of an answer has. */
export const ID = 'xid';
export const WORKFLOW_ID = 'xwf';

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const idsOf = (run: Fields): RunIds => ({ workflowId: String(run[WORKFLOW_ID]), runId: String(run[ID]) });

/** Facts that the walk has recorded above the field. */
export interface Known {
  /** The runs behind an object of statistics. */
  readonly runsOfStatistics: WeakMap<object, readonly RunIds[]>;
  /** Runs with known ids only, with the fault. */
  readonly unknownRuns: WeakMap<object, Fault>;
}

/** With several faults, any of their errors may be reported. */
export interface NeededCalls {
  ofField(source: Fields, args: Fields, value: unknown, info: GraphQLResolveInfo): readonly Fault[];
  ofItem(item: unknown, index: number, args: Fields, info: GraphQLResolveInfo): readonly Fault[];
  /** Faults of a run whose record must be loaded. */
  ofRun(run: RunIds, info: GraphQLResolveInfo): readonly Fault[];
}

/** Fields that read the list of workflows. */
const OF_LIST = [
  'name',
  'description',
  'status',
  'version',
  'isPublic',
  'organizationId',
  'createdAt',
  'updatedAt',
  'updatedBy',
];
const READ_WORKFLOWS: ReadonlySet<string> = new Set([
  ...[...OF_LIST, 'graph', 'changePoints'].map((name) => `Workflow.${name}`),
  ...['Query.workflows', 'Step.node'],
]);

const NEED_NO_CALL: readonly string[] = ['id', 'workflowId', 'workflow'];

export function createNeededCalls(failures: Failures, requirement: LookAhead, known: Known): NeededCalls {
  const fault = (...call: Parameters<typeof callOf>): Fault | undefined => failures.get(callOf(...call));
  const workflowsFault = fault('workflows');

  /**
   * Another field of the operation may need the steps of the same run: their denial is then also an error of the run.
   */
  function ofRun({ workflowId, runId }: RunIds, info: GraphQLResolveInfo): readonly Fault[] {
    const [record, steps] = [fault('run', workflowId, runId), fault('steps', workflowId, runId)];
    if (record) return steps?.isDenial ? [record, steps] : [record];
    return [ofListedRun({ workflowId, runId }, info) ?? []].flat();
  }

  /** Fault of a run whose record is known. */
  function ofListedRun({ workflowId, runId }: RunIds, info: GraphQLResolveInfo): Fault | undefined {
    const needs = requirement(info);
    const steps = fault('steps', workflowId, runId);
    const isLeft = needs === 'TIMES' && leavesToSteps(runId, 'endedAt');
    if (steps && (isLeft || readsSteps(needs) || !hasRecord(runId)) && (steps.isDenial || !hasRecord(runId)))
      return steps;
    return needs === 'GRAPH' && workflowsFault?.isDenial ? workflowsFault : undefined;
  }

  const ofAll = (runs: readonly RunIds[], ...endpoints: readonly ('run' | 'steps')[]): readonly Fault[] =>
    runs.flatMap(({ workflowId, runId }) => endpoints.flatMap((endpoint) => fault(endpoint, workflowId, runId) ?? []));

  function ofFieldOfRun(source: Fields, info: GraphQLResolveInfo): Fault | undefined {
    const { workflowId, runId } = idsOf(source);
    const field = info.parentType.getFields()[info.fieldName];
    const unknown = known.unknownRuns.get(source);
    if (unknown && !NEED_NO_CALL.includes(info.fieldName)) return unknown;
    const isOfRecord = !field || !readsSteps(entryOf(field).requirement ?? 'RECORD');
    return isOfRecord && !leavesToSteps(runId, info.fieldName) ? undefined : fault('steps', workflowId, runId);
  }

  function callsOf(
    source: Fields,
    args: Fields,
    value: unknown,
    info: GraphQLResolveInfo,
  ): Fault | readonly Fault[] | undefined {
    const workflowId = String(args.workflowId ?? source[ID]);
    switch (`${info.parentType.name}.${info.fieldName}`) {
      case 'Query.run':
      case 'Workflow.run':
        return ofRun({ workflowId, runId: String(args.id) }, info);
      case 'Query.compareRuns':
        return ofAll(
          [args.baseId, args.headId].map((id) => ({ workflowId, runId: String(id) })),
          'run',
          'steps',
        );
      case 'RunComparison.base':
      case 'RunComparison.head':
      case 'RunEdge.node':
        return isFields(value) ? ofListedRun(idsOf(value), info) : undefined;
      case 'Query.recentRuns':
      case 'Query.failureGroups':
      case 'Query.overdueRuns':
      case 'Query.usage':
        return args.workflowIds ? undefined : workflowsFault;
      case 'Mutation.executeWorkflow':
        return fault('execute', workflowId);
      case 'Mutation.cancelRun':
        return fault('cancel', workflowId);
      case 'Mutation.resumeStep':
        return fault('resume', workflowId);
      case 'CancelRunPayload.run':
      case 'ResumeStepPayload.run':
        return isFields(value) ? ofRun(idsOf(value), info) : undefined;
      case 'ExecuteWorkflowPayload.run': {
        return isFields(value) ? ofRun(idsOf(value), info).filter(({ isDenial }) => isDenial) : undefined;
      }
      case 'Workflow.runs':
      case 'Workflow.statistics':
      case 'Workflow.failureGroups':
      case 'Workflow.shifts':
      case 'Workflow.trend':
        return fault('runs', workflowId);
      case 'Run.lastSuccessBefore':
      case 'Run.expectation':
        return known.unknownRuns.get(source) ?? fault('runs', idsOf(source).workflowId);
      case 'WorkflowStatistics.nodes':
      case 'TrendBucket.nodes':
        return ofAll(known.runsOfStatistics.get(source) ?? [], 'steps');
    }
    if (info.parentType.name === 'Run') return ofFieldOfRun(source, info);
    return READ_WORKFLOWS.has(`${info.parentType.name}.${info.fieldName}`) ? workflowsFault : undefined;
  }

  function callsOfItem(
    item: unknown,
    index: number,
    args: Fields,
    info: GraphQLResolveInfo,
  ): Fault | readonly Fault[] | undefined {
    switch (`${info.parentType.name}.${info.fieldName}`) {
      case 'Workflow.runsById':
        return isFields(item) ? ofRun(idsOf(item), info) : undefined;
      case 'RunConnection.nodes':
      case 'RecentRunConnection.nodes':
      case 'FailureGroup.runs':
        return isFields(item) ? ofListedRun(idsOf(item), info) : undefined;
      case 'Query._entities': {
        const key = (args.representations as readonly unknown[])[index];
        if (!isFields(key)) return undefined;
        const workflowId = String(key.workflowId);
        if (key.__typename === 'Run') return ofRun({ workflowId, runId: String(key.id) }, info);
        if (key.__typename === 'Step') return ofAll([{ workflowId, runId: String(key.runId) }], 'run', 'steps');
      }
    }
    return undefined;
  }

  return {
    ofRun,
    ofField: (...args) => [callsOf(...args) ?? []].flat(),
    ofItem: (...args) => [callsOfItem(...args) ?? []].flat(),
  };
}
