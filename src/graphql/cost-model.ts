/**
 * What each field may cause of upstream calls while nothing is cached. A field that is not named here causes none.
 * `@skip` and `@include` are not weighed; nor are the calls that a history needs that moves while it is read.
 */
import { MAX_WINDOW } from '../runs/history/history-reader.ts';
import type { DataRequirement } from '../runs/loaders/run-loaders.ts';
import { MAX_PAGE_CALLS } from '../runs/history/run-history.ts';
import { MAX_LIST_SIZE, MAX_RUNS_IN_STATISTICS } from './arguments.ts';
import { MAX_ENTITIES } from './representations.ts';
import { plus, times, type Arguments, type Term } from './cost-terms.ts';

export interface FieldCost {
  /** Calls for the field itself. */
  readonly own?: Term;
  /** How often what is selected in it is answered; once if left out. */
  readonly items?: Term;
}

/** By type and field, as in `Query.run`. `requirement` tells what is read of the runs that the field answers. */
export type CostModel = ReadonlyMap<string, (given: Arguments, requirement: () => DataRequirement) => FieldCost>;

/** Fields that read the list of workflows: one call, however many of them an operation has. */
export const READS_WORKFLOWS: ReadonlySet<string> = new Set([
  'Query.workflows',
  ...['name', 'description', 'status', 'version', 'isPublic', 'organizationId', 'createdAt', 'updatedAt', 'graph'].map(
    (field) => `Workflow.${field}`,
  ),
  'Run.criticalPath',
  'Run.progress',
  'Step.node',
]);

export function createCostModel(offersRecords: boolean): CostModel {
  /** A run by its id: its record, and its steps if they are read; without records the steps tell all. */
  const single = (requirement: DataRequirement): number => (offersRecords && requirement !== 'RECORD' ? 2 : 1);
  /** A run on a page, which came with its record. */
  const listed = (requirement: DataRequirement): number => (requirement === 'RECORD' ? 0 : 1);
  const one = (_given: Arguments, requirement: () => DataRequirement): FieldCost => ({ own: single(requirement()) });
  const onPage = (_given: Arguments, requirement: () => DataRequirement): FieldCost => ({ own: listed(requirement()) });

  return new Map(
    Object.entries({
      'Query.run': one,
      'Workflow.run': one,
      'Subscription.runUpdated': one,
      'ExecuteWorkflowPayload.run': one,
      'Query.compareRuns': () => ({ own: 2 * single('STEPS') }),
      'Mutation.executeWorkflow': () => ({ own: 1 }),
      'Query.workflows': (given: Arguments) => ({ items: sizeOf(given, 'first', MAX_LIST_SIZE) }),
      'Workflow.runsById': (given: Arguments, requirement: () => DataRequirement) => {
        const items = given.term('ids', countOf);
        return { own: times(items, single(requirement())), items };
      },
      'Workflow.runs': (given: Arguments) => ({
        own: pageCalls(given),
        items: sizeOf(given, 'first', MAX_LIST_SIZE),
      }),
      'Query._entities': (given: Arguments, requirement: () => DataRequirement) => ({
        own: given.term('representations', (value) => entityCalls(value, single(requirement()), single('STEPS'))),
        items: given.term('representations', (value) => entitiesIn(value).length),
      }),
      'RunConnection.nodes': onPage,
      'RunEdge.node': onPage,
      'Workflow.statistics': (given: Arguments) => ({
        own: given.term('last', statisticsCalls),
        items: sizeOf(given, 'last', MAX_RUNS_IN_STATISTICS),
      }),
      // Of each run that was looked at, the steps.
      'WorkflowStatistics.nodes': () => ({ own: 1 }),
    }),
  );
}

/** A size out of range is refused by the field itself, before any call. */
const withinRange = (value: unknown, max: number): number =>
  typeof value === 'number' && value >= 1 && value <= max ? value : 0;

const sizeOf = (given: Arguments, name: string, max: number): Term =>
  given.term(name, (value) => withinRange(value, max));

/** One that is no list counts as a list of one. */
function countOf(ids: unknown): number {
  if (!Array.isArray(ids)) return ids == null ? 0 : 1;
  return withinRange(ids.length, MAX_LIST_SIZE);
}

/** Too many are refused before any call. */
function entitiesIn(value: unknown): readonly unknown[] {
  const all = Array.isArray(value) ? value : [value];
  return all.length <= MAX_ENTITIES ? all : [];
}

/** A workflow is a handle, and costs nothing by itself. */
const entityCalls = (value: unknown, run: number, step: number): number =>
  entitiesIn(value).reduce((total: number, entity) => {
    const { __typename: name } = (entity ?? {}) as { readonly __typename?: unknown };
    return total + (name === 'Run' ? run : name === 'Step' ? step : 0);
  }, 0);

const isGiven = (value: unknown): number => (value == null ? 0 : 1);

/** Behind a cursor a window holds one run less than it may, since the cursor's own is read again. */
function pageCalls(given: Arguments): Term {
  const isFiltered = given.term('filter', isGiven);
  const isFullBehindCursor = times(
    given.term('after', isGiven),
    given.term('first', (first) => (first === MAX_WINDOW ? 1 : 0)),
  );
  return plus(1, plus(times(MAX_PAGE_CALLS - 1, isFiltered), isFullBehindCursor));
}

/** The first window holds a hundred, each further one has the last run of the one before in it. */
function statisticsCalls(last: unknown): number {
  const runs = withinRange(last, MAX_RUNS_IN_STATISTICS);
  return runs === 0 ? 0 : 1 + Math.ceil(Math.max(0, runs - MAX_WINDOW) / (MAX_WINDOW - 1));
}
