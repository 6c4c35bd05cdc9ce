/** Context of one operation: viewer, time, budgets and loaders. */
import type { Caller, Standing } from '../auth/caller.ts';
import { createModelCalls } from '../domain/changes/model-calls.ts';
import type { Conversation } from '../domain/conversation/message.ts';
import type { Cost } from '../domain/cost/cost.ts';
import type { InputValues } from '../domain/inputs/input-values.ts';
import type { PriceList } from '../domain/cost/prices.ts';
import type { RunComparison } from '../domain/run/comparison.ts';
import type { Failure } from '../domain/workflow/failure-groups.ts';
import type { Sampler } from '../domain/run/expectation.ts';
import type { AnsweredJson } from '../domain/json-part.ts';
import { errorInfo } from '../domain/step/step-error.ts';
import type { JsonObject, JsonValue, StepError } from '../domain/types.ts';
import type { AuditedWrite, OperationRecord } from '../observability/operation-record.ts';
import { MAX_WINDOW } from '../runs/history/history-reader.ts';
import type { ReadRecentRuns, RecentPageRequest } from '../runs/history/recent-runs.ts';
import {
  MAX_SCANNED,
  type PageRequest,
  type RunHistory,
  type RunsInWindow,
  type WindowRequest,
} from '../runs/history/run-history.ts';
import type { WatchRun } from '../runs/live/run-watch.ts';
import type { WatchRuns } from '../runs/live/runs-watch.ts';
import { createRunLoaders, type DataRequirement, type RunLoaders } from '../runs/loaders/run-loaders.ts';
import { createWorkflowLoaders, type WorkflowLoaders } from '../runs/loaders/workflow-loaders.ts';
import { AnswerLifetime, type ReadContext } from '../runs/read-context.ts';
import type { Writer, WriteRequest } from '../runs/writes/writer.ts';
import type { UpstreamEndpoint } from '../config/config.ts';
import type { RunStore } from '../runs/run-store.ts';
import type { WorkflowStore } from '../runs/workflow-store.ts';
import type { RunRef, Written } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Requester } from '../upstream/requesters.ts';
import type { Ticket } from '../admission/ticket.ts';
import { Budgets, type Limits } from './budgets.ts';
import type { LookAhead } from './fields/data-requirements.ts';
import { isRecord } from './json-kinds.ts';
import type { Links } from './links.ts';
import { createReportedErrors } from './lists/reported-errors.ts';
import type {
  ExaminedRun,
  ReadRun,
  RunTriage,
  ShiftsOfWorkflow,
  StepUsages,
  WorkflowChanges,
} from './object-references.ts';
import { once } from './once.ts';
import { PagesFirst } from './pages-first.ts';
import { PayloadReader, type PayloadReaderOptions } from './payload-reader.ts';
import { endedBy } from './subscriptions/sources.ts';

export interface ContextSource extends Limits {
  readonly runStore: RunStore;
  readonly workflowStore: WorkflowStore;
  readonly runHistory: RunHistory;
  readonly readRecentRuns: ReadRecentRuns;
  readonly watchRun: WatchRun;
  readonly watchRuns: WatchRuns;
  readonly write: Writer;
  readonly standing: (caller: Caller) => Standing;
  /** Calls that the upstream offers. */
  readonly offered: ReadonlySet<UpstreamEndpoint>;
  readonly lookAhead: LookAhead;
  readonly prices: PriceList | null;
  readonly links: Links;
  readonly payloadReading: Pick<PayloadReaderOptions, 'worker' | 'maxBytesOnLoop'>;
  /** Compact JSON of a payload as a value of the result. */
  readonly answered: (json: Uint8Array) => AnsweredJson;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface ContextRequest {
  readonly caller: Caller;
  readonly requester: Requester;
  readonly requestId: string;
  /** Returns a signal that fires when the client has disconnected. */
  readonly signal: () => AbortSignal;
  readonly ticket: Ticket;
  readonly operationRecord: OperationRecord;
}

const MAY_NOT_EXECUTE =
  'The credential must include the right to execute, got one without it. Ask for another credential.';

/** Computes each value once per operation, however often it is selected. */
function kept<Value>(): (key: unknown, compute: () => Value) => Value {
  let values: Map<unknown, Value> | undefined;
  return (key, compute) => {
    values ??= new Map();
    const known = values.get(key);
    if (known !== undefined) return known;
    const value = compute();
    values.set(key, value);
    return value;
  };
}

const windowKey = ({ workflowId, count, window: { startedAfter, startedBefore }, lookBack }: WindowRequest): string =>
  JSON.stringify([workflowId, count, startedAfter?.epochMicros, startedBefore?.epochMicros, lookBack]);

export type Context = ReturnType<typeof createContext>;

function failureOf(error: unknown): Pick<AuditedWrite, 'outcome' | 'errorCode'> {
  if (!(error instanceof GatewayError)) return { outcome: 'failure' };
  const { code: errorCode, details } = error;
  return { outcome: details.outcomeIsUnknown ? 'unknown' : 'failure', errorCode };
}

/** The run that one of the gateway's mutations has started or changed. */
const runIn = (result: unknown): AuditedWrite['ids'] =>
  isRecord(result) && typeof result.runId === 'string' ? { runId: result.runId } : {};

/** Without a viewer, fields that need one throw UNAUTHENTICATED. */
export function createContext(source: ContextSource, request: ContextRequest) {
  const { caller, requester, requestId, signal, ticket, operationRecord } = request;
  const { viewer, mayExecute } = caller;
  const nowMs = source.now();
  const budgets = new Budgets(source);
  const lifetime = new AnswerLifetime();
  const operation = (): ReadContext => {
    if (viewer) {
      return { viewer, requester, requestId, signal, budget: budgets, lifetime, reader: ticket, operationRecord };
    }
    throw (
      caller.error ??
      new GatewayError('UNAUTHENTICATED', 'A key is required. Send the header "Authorization: Bearer <your key>".')
    );
  };
  /** Callers with the same viewer may differ, so the response isn't cached. */
  const callerMayExecute = (): boolean => {
    lifetime.limit(0);
    return mayExecute;
  };
  const errorInfos = kept<StepError | null>();
  const pages = new PagesFirst();
  let workflowLoaders: WorkflowLoaders | undefined;
  let runLoaders: RunLoaders | undefined;
  let windows = kept<Promise<RunsInWindow>>();
  const workflows = () => (workflowLoaders ??= createWorkflowLoaders(source.workflowStore, operation()));
  const runs = () => (runLoaders ??= createRunLoaders(source.runStore, workflows(), operation(), nowMs));

  return {
    nowMs,
    /** Throws without a viewer. */
    operation,
    /**
     * Rejects if neither the gateway nor the upstream has accepted the caller recently. May load the list of workflows.
     */
    async proveRight(): Promise<void> {
      operation();
      if (source.standing(caller) !== 'FRESH') await workflows().known();
    },
    /** Limits how long the response may be cached. */
    lifetime,
    requirement: source.lookAhead,
    ticket,
    // A property, because V8 creates and reads objects with getters slowly, which took a quarter of W2.
    budgets,
    /** Conversations by payload. */
    conversation: kept<Conversation | null | Promise<Conversation | null>>(),
    /** Checked inputs and answers by value, because many mutations may share one variable. */
    checkedInputs: kept<Promise<JsonObject>>(),
    checkedAnswers: kept<Promise<JsonValue>>(),
    /** Parsed once per error, which may be long JSON. */
    errorInfo: (error: string | null): StepError | null =>
      error === null ? null : errorInfos(error, () => errorInfo(error)),
    prices: source.prices,
    links: source.links,
    /** Comparisons by workflow and both runs. */
    comparison: kept<Promise<RunComparison>>(),
    /** What other runs reveal about a failed run, by workflow and run. */
    runTriage: kept<Promise<RunTriage | null>>(),
    /** Changes by workflow and number of runs. */
    workflowChanges: kept<Promise<WorkflowChanges>>(),
    /** The compared parts of runs, by workflow and run. Equal prompts and parameters share one object. */
    readRuns: kept<Promise<ReadRun | null>>(),
    modelCalls: once(createModelCalls),
    /** Data about runs for failure groups, by workflow and run. */
    examinedRuns: kept<Promise<ExaminedRun>>(),
    /** Compared values of inputs, by payload. */
    inputValues: kept<Promise<InputValues | null>>(),
    /** Shifts by workflow and number of runs. */
    workflowShifts: kept<Promise<ShiftsOfWorkflow>>(),
    /** Diagnosed failures by workflow and run, and their Markdown by size. */
    failures: kept<Failure>(),
    diagnoses: kept<Promise<(maxBytes: number) => string>>(),
    /** Samples of a workflow's runs, by workflow and number of records. */
    samplers: kept<Promise<Sampler>>(),
    /** Usage reported by steps, by the records of a window. */
    stepUsages: kept<Promise<StepUsages>>(),
    /** Costs by run. */
    runCost: kept<Cost>(),
    payloads: new PayloadReader({
      ticket,
      ...source.payloadReading,
      room: () => budgets.room(),
      /** Called before a payload is parsed. */
      check() {
        const excess = budgets.excess();
        if (excess) throw excess;
        ticket.checkRoom();
      },
    }),
    /** A large part of a payload as returned. */
    answered: source.answered,
    workflows,
    runs,
    /** A listed run is loaded with the record from the list, so both agree. Records count before they are read. */
    history: {
      async page(request: PageRequest) {
        budgets.takeRecords(request.filter ? MAX_SCANNED : request.first);
        return pages.read(source.runHistory.page(request, operation(), runs().primeRecord));
      },
      async latest(workflowId: string, count: number) {
        budgets.takeRecords(count);
        return pages.read(source.runHistory.latest(workflowId, count, operation(), runs().primeRecord));
      },
      /** The same records for everything computed over the same window, so the results agree. */
      async within(request: WindowRequest) {
        budgets.takeRecords(Math.max(request.count, request.lookBack?.mostRuns ?? 0));
        return windows(windowKey(request), () =>
          pages.read(source.runHistory.within(request, operation(), runs().primeRecord)),
        );
      },
      async recent(request: RecentPageRequest) {
        const { workflowIds, filter, first } = request;
        budgets.takeRecords(workflowIds.length * (filter ? MAX_WINDOW : first));
        return pages.read(source.readRecentRuns(request, operation(), runs().primeRecord));
      },
    },
    /** Pages of `history` in progress. */
    pages,
    /** Errors of parts missing from a list that is otherwise returned. */
    reported: createReportedErrors(lifetime),
    watchRuns: (workflowIds: readonly string[]) => endedBy(signal(), source.watchRuns(workflowIds, operation())),
    watch: (ref: RunRef, requirement: DataRequirement) =>
      endedBy(signal(), source.watchRun(ref, requirement, operation())),
    callerMayExecute,
    /** Throws without a viewer. */
    mayWrite(endpoint: WriteRequest['endpoint'], workflowId: string): boolean {
      const { scope } = operation().viewer;
      const isInScope = scope?.workflowIds?.has(workflowId) ?? true;
      return callerMayExecute() && source.offered.has(endpoint) && isInScope;
    },
    /** Throws for a caller that may not execute. */
    checkMayMutate(): void {
      if (!mayExecute) throw new GatewayError('FORBIDDEN', MAY_NOT_EXECUTE);
    },
    // Data that the operation read of the run earlier is outdated.
    write: async (request: WriteRequest): Promise<Written> =>
      source.write(request, operation()).finally(() => {
        runLoaders = undefined;
        windows = kept();
      }),
    /**
     * Logs one line about a mutation, whatever its outcome. Throws without a viewer, so unauthenticated callers can't
     * flood the log.
     */
    async audited<T>(action: string, ids: AuditedWrite['ids'], run: () => T | Promise<T>): Promise<T> {
      operation();
      try {
        const result = await run();
        operationRecord.wrote({ action, outcome: 'success', ids: { ...ids, ...runIn(result) } });
        return result;
      } catch (error) {
        operationRecord.wrote({ action, ids, ...failureOf(error) });
        throw error;
      }
    },
    /** Whether the caller may read less than the upstream sends. */
    readsRedacted: viewer !== null && viewer.redaction !== null,
  };
}
