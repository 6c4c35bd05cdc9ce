import { runCost, wastedCost } from '../../domain/cost/cost.ts';
import { rightsToRead } from '../../domain/redaction/redaction.ts';
import { selectSteps } from '../../domain/step/steps.ts';
import type { Run, Step } from '../../domain/types.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { checkFirst, runFilter } from '../arguments.ts';
import { fetchIdOf } from '../fetch-ids.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { expectationIn, nodeExpectationsIn } from '../figures/expectations.ts';
import { checkInt, intFields } from '../fields/int-fields.ts';
import { inferredInputs, payloadValue } from '../payloads.ts';
import { baselineIn, failedStepOf } from '../triage/run-triage.ts';

/** Reads only the run's record. */
const RECORD = { requirement: 'RECORD' } as const;
/** Reads the run's start or end, from the record, or from the steps if it has none. */
const TIMES = { requirement: 'TIMES' } as const;
/** Reads the run's steps. */
const STEPS = { requirement: 'STEPS' } as const;
/** Also reads the workflow's graph. */
const GRAPH = { requirement: 'GRAPH' } as const;

export const run: FieldTable<'Run'> = {
  id: RECORD,
  workflowId: RECORD,
  fetchId: { ...RECORD, resolve: (run) => fetchIdOf(refOf(run)) },
  workflow: { ...RECORD, resolve: ({ workflowId }) => ({ id: workflowId }) },
  upstreamUrl: {
    ...RECORD,
    resolve: ({ workflowId, id }, _args, { links }) => links.toUpstreamRun(workflowId, id),
  },
  status: RECORD,
  rawStatus: RECORD,
  statusIsInferred: RECORD,
  isFinished: RECORD,
  startedAt: TIMES,
  endedAt: TIMES,
  lastActivityAt: STEPS,
  wallClockMs: TIMES,
  error: RECORD,
  isRedacted: RECORD,
  availableActions: {
    ...RECORD,
    resolve: ({ workflowId, isFinished }, _args, context) =>
      !isFinished && context.mayWrite('cancel', workflowId) ? ['CANCEL'] : [],
  },
  redactedUnless: { ...RECORD, resolve: (_run, _args, { operation }) => rightsToRead(operation().viewer.redaction) },
  errorInfo: { ...RECORD, resolve: ({ error }, _args, context) => context.errorInfo(error) },
  inputs: {
    ...RECORD,
    resolve: (run, { path }, context) =>
      run.payload ? payloadValue(run.payload, 'inputs', path, context) : inferredInputs(run, path, context),
  },
  outputs: { ...RECORD, resolve: ({ payload }, { path }, context) => payloadValue(payload, 'outputs', path, context) },
  steps: {
    ...STEPS,
    resolve: ({ steps, unreadableSteps }, { filter, orderBy }, { prices }) => {
      const selected = selectSteps(steps, filter, orderBy && { direction: 'ASC', ...orderBy }, prices);
      return filter ? selected : [...selected, ...unreadableSteps.map(unreadableStep)];
    },
  },
  step: { ...STEPS, resolve: ({ steps }, { id }) => steps.find((step) => step.id === id) ?? null },
  stepCounts: STEPS,
  failedSteps: {
    ...STEPS,
    resolve(run, { latestAttemptOnly, first }) {
      const listed = latestAttemptOnly ? run.remainingFailures : run.failedSteps;
      return first == null ? listed : listed.slice(0, checkFirst(first));
    },
  },
  firstFailedStep: { ...STEPS, resolve: ({ failedSteps }) => failedSteps[0] ?? null },
  slowestSteps: {
    ...STEPS,
    resolve: (run, { first }) => run.slowestSteps.slice(0, checkFirst(first)),
  },
  totalElapsedTime: {
    ...STEPS,
    resolve: ({ totalElapsedTime }) => checkInt(totalElapsedTime, 'totalElapsedTime'),
  },
  timing: STEPS,
  timeline: STEPS,
  criticalPath: GRAPH,
  progress: GRAPH,
  repeatedNodes: STEPS,
  tokenUsage: STEPS,
  estimatedCost: {
    ...STEPS,
    resolve(run, _args, { prices, runCost: costOf }) {
      // Throws if the steps couldn't be loaded, even without prices.
      const { steps } = run;
      return prices && costOf(run, () => runCost(steps, prices));
    },
  },
  wastedCost: {
    ...STEPS,
    resolve({ steps }, _args, { prices }) {
      return prices && wastedCost(steps, prices);
    },
  },
  expectation: { ...TIMES, resolve: (run, _args, context) => expectationIn(run, context) },
  freshness: RECORD,
  lastSuccessBefore: {
    ...TIMES,
    async resolve({ workflowId, id, startedAt }, _args, { history, runs, requirement, nowMs }, info) {
      if (!startedAt) return null;
      const filter = runFilter({ status: ['COMPLETED'], startedBefore: startedAt }, nowMs);
      // Two, because the run's own record may start earlier than the inferred start.
      const { entries } = await history.page({ workflowId, first: 2, after: null, filter });
      const found = entries.find(({ record }) => record.id !== id);
      return found ? runs().load({ workflowId, runId: found.record.id }, requirement(info)) : null;
    },
  },
  baseline: { ...STEPS, resolve: (run, _args, context) => baselineIn(run, context) },
  // Its fields are loaded when selected. What can't be loaded isn't claimed.
  diagnosis: {
    ...STEPS,
    resolve(run) {
      if (run.status !== 'FAILED') return null;
      failedStepOf(run);
      return run;
    },
  },
};

/** As a list item, it becomes null with this error. The generated types don't allow an Error in a list. */
const unreadableStep = (problem: string) => new GatewayError('UPSTREAM_CONTRACT_VIOLATION', problem) as unknown as Step;

const refOf = ({ workflowId, id }: Run) => ({ workflowId, runId: id });

export const expectation: FieldTable<'Expectation'> = {
  nodes: { resolve: (expected, _args, context) => nodeExpectationsIn(expected, context) },
};

/** The comparison needs only the steps. A selected field may also need the graph. Nothing is loaded twice. */
export const runComparison: FieldTable<'RunComparison'> = {
  base: { resolve: ({ base }, _args, { runs, requirement }, info) => runs().load(refOf(base), requirement(info)) },
  head: { resolve: ({ head }, _args, { runs, requirement }, info) => runs().load(refOf(head), requirement(info)) },
  elapsedTimeDelta: { resolve: ({ elapsedTimeDelta }) => checkInt(elapsedTimeDelta, 'elapsedTimeDelta') },
  ...intFields('tokenDelta'),
};
