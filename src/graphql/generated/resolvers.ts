import type { Timestamp } from '../../domain/timestamp.ts';
import type { JsonValue } from '../../domain/types.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { WorkflowRef, StatisticsOfRuns, StartedRun, FailureGroupOfWorkflow, TrendBucketOfWorkflow } from '../object-references.ts';
import type { WorkflowPage, RunPage, ListedRun, RecentRunsPage, PageInfo as PageInfoModel } from '../lists/connections.ts';
import type { Distribution as DomainDistribution, NodeStatistics as DomainNodeStatistics } from '../../domain/run/statistics.ts';
import type { RunComparison as DomainRunComparison, NodeComparison as DomainNodeComparison } from '../../domain/run/comparison.ts';
import type { WorkflowGraph as DomainWorkflowGraph, WorkflowNode as DomainWorkflowNode, WorkflowEdge as DomainWorkflowEdge, Run as DomainRun, Step as DomainStep, StepCounts as DomainStepCounts, RunTiming as DomainRunTiming, RunGap as DomainRunGap, Timeline as DomainTimeline, TimelineGap as DomainTimelineGap, TimelineBar as DomainTimelineBar, CriticalPath as DomainCriticalPath, Progress as DomainProgress, RepeatedNode as DomainRepeatedNode, RunTokenUsage as DomainRunTokenUsage, ModelTokenUsage as DomainModelTokenUsage, Freshness as DomainFreshness, StepError as DomainStepError, TokenUsage as DomainTokenUsage } from '../../domain/types.ts';
import type { Cost as DomainCost } from '../../domain/cost/cost.ts';
import type { Conversation as DomainConversation, Message as DomainMessage, ToolCall as DomainToolCall } from '../../domain/conversation/message.ts';
import type { Context } from '../context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * A moment, as RFC 3339 text: `2025-03-13T02:41:15.144470Z`. It keeps the digits that the upstream sent, down to the
   * microsecond, which is finer than a JavaScript `Date` can hold. A text that names no moment (30 February, hour 24) counts as
   * no time; a leap second is the second after it.
   */
  DateTime: { input: Timestamp; output: Timestamp; }
  /** Federation: a selection of fields, as text. */
  FieldSet: { input: unknown; output: unknown; }
  /**
   * Any JSON value, passed on as the upstream sent it, and to the upstream as it came. Integers beyond 2^53 are text, with all their
   * digits: as numbers they would be rounded, here or in a browser.
   */
  JSON: { input: JsonValue; output: JsonValue; }
  /** Federation: a name that is taken from a specification. */
  link__Import: { input: unknown; output: unknown; }
};

/** Why a node was executed once more. */
export type AttemptKind =
  /** The node's first execution in this run. */
  | 'FIRST'
  /** A loop or a fan-out: the execution before it had not failed, or had not ended by its start. */
  | 'ITERATION'
  /** The execution before it had failed, and had ended by its start. */
  | 'RETRY';

/**
 * What a model was asked and what it answered. Reasoning is left out. Images, audio and files are references in the text, such as
 * `[image: image/png, 12 kB]`.
 */
export type Conversation = {
  readonly __typename?: 'Conversation';
  /**
   * Why the model stopped, in the vendor's own word: `stop`, `length`, `tool_calls`, `end_turn`, `max_tokens`, `completed`, … Null where
   * there is no answer, or it does not say.
   */
  readonly finishReason?: Maybe<Scalars['String']['output']>;
  /** In their order, those that were answered last: at most the latest 200. */
  readonly messages: ReadonlyArray<Message>;
  /** The model, as the outputs name it, else as the inputs do. Null if neither does. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** How many earlier messages were left out. */
  readonly omittedMessages: Scalars['Int']['output'];
};

/**
 * What model calls cost, by the list prices of their models: an estimate, not a bill. The model is `outputs.model`, else `inputs.model`. Its
 * price is found by exactly that name, with any prefix of a provider. Cached and reasoning tokens are parts of the others and count once, at
 * prices of their own where there are any.
 */
export type Cost = {
  readonly __typename?: 'Cost';
  /**
   * The cost of the steps that have a price. The sum over a run's steps is exact; only the result is rounded. Null where steps report
   * tokens and none of them has a price; 0 where none reports any.
   */
  readonly amount?: Maybe<Scalars['Float']['output']>;
  /** An ISO 4217 code: `USD`, in which the prices are. */
  readonly currency: Scalars['String']['output'];
  /** How many steps the amount is of. */
  readonly stepsPriced: Scalars['Int']['output'];
  /**
   * How many steps report tokens and are not in the amount: their model has no name or no price, or its input and output tokens are not
   * both known, or beyond 2^53.
   */
  readonly stepsUnpriced: Scalars['Int']['output'];
};

/** The chain of steps that decided how long a run took. */
export type CriticalPath = {
  readonly __typename?: 'CriticalPath';
  /** The time that these steps cover, in milliseconds: what overlaps counts once. */
  readonly durationMs: Scalars['Float']['output'];
  /**
   * False: along the edges of the workflow's graph, also where none of its nodes ran and the path is empty. True where no graph
   * is known, or an empty one: then each step is followed back to the one that ended last before it started (up to a second
   * later where one of the times has no fraction), which is likely, and no proof, that it waited for it.
   */
  readonly isInferred: Scalars['Boolean']['output'];
  /**
   * Its steps, from first to last: those that have a start. Along the graph it is the chain of nodes that weighs most, where a
   * node weighs the time that its executions cover together (what overlaps counts once), a cycle is one node, and nodes that did
   * not run are passed through; of equal chains the one of more steps.
   */
  readonly steps: ReadonlyArray<Step>;
};

/** How values are spread. Each is one of the values: percentiles are by nearest rank. */
export type Distribution = {
  readonly __typename?: 'Distribution';
  /** The largest one. */
  readonly max: Scalars['Float']['output'];
  /** Half of the values are at most this. */
  readonly p50: Scalars['Float']['output'];
  /** 95 % of the values are at most this. */
  readonly p95: Scalars['Float']['output'];
};

/** Where a step's `durationMs` comes from. */
export type DurationSource =
  /** The upstream's `elapsed_time`: whole seconds, rounded down. */
  | 'ELAPSED_SECONDS'
  /**
   * The step is running: now (the time of this request) minus its start. One that a finished run left running counts until the
   * run's end.
   */
  | 'LIVE'
  /** It is not known: `durationMs` is null. */
  | 'NONE'
  /** End minus start: exact to the microsecond. */
  | 'TIMESTAMPS';

/** What came of starting a run. */
export type ExecuteWorkflowPayload = {
  readonly __typename?: 'ExecuteWorkflowPayload';
  /** What the upstream said. Null if nothing. */
  readonly message?: Maybe<Scalars['String']['output']>;
  /**
   * The new run. Where the upstream does not show it yet, it has no steps and the status UNKNOWN. If it can't be loaded, its ids are
   * answered all the same; with any field that needs an upstream call it is null.
   */
  readonly run?: Maybe<Run>;
};

/**
 * Failed runs that failed alike: at the same node, with the same code and the same message but for its numbers, ids and quoted parts.
 * A run counts by the failed step that ended first among the latest executions of its nodes.
 */
export type FailureGroup = {
  readonly __typename?: 'FailureGroup';
  /** The error's code. Null where there is none. */
  readonly code?: Maybe<Scalars['String']['output']>;
  /** How many of the runs that were looked at failed in this way. */
  readonly count: Scalars['Int']['output'];
  /** When the first of them started. Null if none says. */
  readonly firstSeenAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the last of them started. Null if none says. */
  readonly lastSeenAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * The message, with `<number>`, `<id>`, `<text>`, `<url>` and `<time>` in place of what differs from run to run; of a Python traceback, the
   * error below its frames. Null where there is none.
   */
  readonly message?: Maybe<Scalars['String']['output']>;
  /** The node that failed. Null where no step says so: its error is that of the run. */
  readonly nodeId?: Maybe<Scalars['ID']['output']>;
  /** These runs, newest first. One that can't be had is null, with an error of its own. */
  readonly runs?: Maybe<ReadonlyArray<Maybe<Run>>>;
};


/**
 * Failed runs that failed alike: at the same node, with the same code and the same message but for its numbers, ids and quoted parts.
 * A run counts by the failed step that ended first among the latest executions of its nodes.
 */
export type FailureGroupRunsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** How far an answer can be trusted to be the present state. */
export type Freshness = {
  readonly __typename?: 'Freshness';
  /** When the oldest part of it was fetched from the upstream. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** True if the run is over and nothing that this operation has read of it will ever change. */
  readonly isFinal: Scalars['Boolean']['output'];
  /** True if the upstream could not be asked just now, and this is its last good answer. */
  readonly isStale: Scalars['Boolean']['output'];
  /** Why it is stale, beginning with an error code: `UPSTREAM_TIMEOUT: …`. Null if it is not. */
  readonly staleReason?: Maybe<Scalars['String']['output']>;
};

/** One message of a conversation. */
export type Message = {
  readonly __typename?: 'Message';
  /** Its text. Null if it has none, as where a model only calls tools. At most 100,000 characters. */
  readonly content?: Maybe<Scalars['String']['output']>;
  /** Its place in the conversation, from 0. Messages that were left out count. */
  readonly index: Scalars['Int']['output'];
  /** True if the step answered it, false if it was given it. */
  readonly isOutput: Scalars['Boolean']['output'];
  /** True if the model declined. Then `content` says why, as far as the model does. */
  readonly isRefusal: Scalars['Boolean']['output'];
  /** True if something of it was cut or left out because it is too long. `inputs` and `outputs` have all of it. */
  readonly isTruncated: Scalars['Boolean']['output'];
  /** Who said it, in the vendor's own word: `system`, `developer`, `user`, `assistant`, `tool`, … */
  readonly role: Scalars['String']['output'];
  /** The `id` of the call that this message answers. Null for any other message. */
  readonly toolCallId?: Maybe<Scalars['String']['output']>;
  /** The tools that the model calls, at most 100. */
  readonly toolCalls: ReadonlyArray<ToolCall>;
};

/** The tokens that one model used in a run. A sum that an `Int` can't hold is null with a NUMBER_OUT_OF_RANGE error. */
export type ModelTokenUsage = {
  readonly __typename?: 'ModelTokenUsage';
  /** The part of `inputTokens` that came from its cache. */
  readonly cachedInputTokens?: Maybe<Scalars['Int']['output']>;
  /** Tokens that it was given. */
  readonly inputTokens?: Maybe<Scalars['Int']['output']>;
  /** The model, as the outputs name it. Null gathers the steps that name none. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** Tokens that it wrote. */
  readonly outputTokens?: Maybe<Scalars['Int']['output']>;
  /** The part of `outputTokens` that went into reasoning. */
  readonly reasoningTokens?: Maybe<Scalars['Int']['output']>;
  /** How many steps report tokens of it. */
  readonly stepsReporting: Scalars['Int']['output'];
  /** All of them. */
  readonly totalTokens?: Maybe<Scalars['Int']['output']>;
};

/** The entry points for acting. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Starts a run. The call goes upstream once and is never repeated: if its outcome is not known, the error says so and is
   * not `retryable`, since the run may have started.
   */
  readonly executeWorkflow?: Maybe<ExecuteWorkflowPayload>;
};


/** The entry points for acting. */
export type MutationExecuteWorkflowArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  inputs?: InputMaybe<Scalars['JSON']['input']>;
  workflowId: Scalars['ID']['input'];
};

/** What changed at a node from one run to another. */
export type NodeChange =
  /** It ran only in the head run. */
  | 'ADDED'
  /** It completed in the base run and failed in the head run. */
  | 'BROKE'
  /** The same status, and it took less time: by more than 100 ms and more than 10 % of the shorter duration. */
  | 'FASTER'
  /** It failed in the base run and completed in the head run. */
  | 'FIXED'
  /** It ran only in the base run. */
  | 'REMOVED'
  /** The same status, and it took longer: by more than 100 ms and more than 10 % of the shorter duration. */
  | 'SLOWER'
  /** Its status is another one, in any other way. */
  | 'STATUS_CHANGED'
  /** The same status, and no such change of its duration; or one of the durations is not known. */
  | 'UNCHANGED';

/** What changed at one node. */
export type NodeComparison = {
  readonly __typename?: 'NodeComparison';
  /** Its latest execution in the base run. Null if it did not run there. */
  readonly baseStep?: Maybe<Step>;
  /** What changed. */
  readonly change: NodeChange;
  /** Milliseconds. Null if either duration is not known. */
  readonly durationDeltaMs?: Maybe<Scalars['Float']['output']>;
  /** Its latest execution in the head run. Null if it did not run there. */
  readonly headStep?: Maybe<Step>;
  /** The node's id. */
  readonly nodeId: Scalars['ID']['output'];
};

/** What a workflow's latest runs tell about one node. */
export type NodeStatistics = {
  readonly __typename?: 'NodeStatistics';
  /** The durations of finished executions, in milliseconds, without the skipped ones. Null if none is known. */
  readonly durationMs?: Maybe<Distribution>;
  /** How often it was executed. */
  readonly executionCount: Scalars['Int']['output'];
  /** How many executions failed. */
  readonly failureCount: Scalars['Int']['output'];
  /** The node's id. */
  readonly nodeId: Scalars['ID']['output'];
  /** How many executions were retries of a failed one. */
  readonly retryCount: Scalars['Int']['output'];
  /** The tokens that it used. Null if no execution says, or with a NUMBER_OUT_OF_RANGE error where an `Int` can't hold them. */
  readonly totalTokens?: Maybe<Scalars['Int']['output']>;
};

/** Which end comes first. */
export type OrderDirection =
  /** Smallest, earliest, or first in the alphabet. */
  | 'ASC'
  /** Largest, latest, or last in the alphabet. */
  | 'DESC';

/** Whether and where a list goes on. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** For `after`, to go on behind this page. Null if there is nothing to go on from. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /**
   * True if there is more behind this page. No page is fetched to find that out: behind a full page of the last runs it may be
   * true and the next page empty.
   */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** True if `after` was given: there is something before this page. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the first item. Null on an empty page. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** How far a run has come, counted in nodes. */
export type Progress = {
  readonly __typename?: 'Progress';
  /** Nodes whose latest execution is finished. */
  readonly finished: Scalars['Int']['output'];
  /** False where the graph is not known, or empty: then `total` may still grow. */
  readonly isTotalKnown: Scalars['Boolean']['output'];
  /**
   * Nodes in all. With the workflow's graph: those that ran, and while the run is not finished also the entry and what follows
   * along the edges, except behind a node whose latest execution failed, was cancelled or skipped. Without it: those seen so far.
   */
  readonly total: Scalars['Int']['output'];
};

/** The entry points for reading. */
export type Query = {
  readonly __typename?: 'Query';
  /** What changed from one run of a workflow to another. Null with a NOT_FOUND error if one of them can't be had. */
  readonly compareRuns?: Maybe<RunComparison>;
  /**
   * The runs of several workflows in one list, newest first; those that have not started come first. It costs one upstream call
   * for each workflow and page. A cursor keeps its place in each of the workflows, so that no run is repeated or skipped when new
   * ones start. A workflow whose runs can't be had is named in `unavailableWorkflows`, with its error in `errors`; the
   * others are answered. With a filter, at most 500 runs of each workflow are looked at for one page, of more than 16 workflows
   * fewer: some 100 of each of 51 to 100. It may then hold fewer than `first`, even none, and `pageInfo.endCursor` still leads on: so it
   * may where a history has moved by more than a thousand runs.
   */
  readonly recentRuns?: Maybe<RecentRuns>;
  /** One run. Null with a NOT_FOUND error if there is none by these ids, or none that this key may see. */
  readonly run?: Maybe<Run>;
  /**
   * A handle on a workflow: it costs no upstream call by itself, so it says nothing about whether the workflow exists.
   * An id has 1 to 512 bytes of text without control characters. No segment between `/` or `\` is `.` or `..`.
   */
  readonly workflow?: Maybe<Workflow>;
  /** The workflows that this key may see, in the upstream's order. */
  readonly workflows?: Maybe<WorkflowConnection>;
};


/** The entry points for reading. */
export type QueryCompareRunsArgs = {
  baseId: Scalars['ID']['input'];
  headId: Scalars['ID']['input'];
  workflowId: Scalars['ID']['input'];
};


/** The entry points for reading. */
export type QueryRecentRunsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RunFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  workflowIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};


/** The entry points for reading. */
export type QueryRunArgs = {
  id: Scalars['ID']['input'];
  workflowId: Scalars['ID']['input'];
};


/** The entry points for reading. */
export type QueryWorkflowArgs = {
  id: Scalars['ID']['input'];
};


/** The entry points for reading. */
export type QueryWorkflowsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  search?: InputMaybe<Scalars['String']['input']>;
};

/** A page of the runs of several workflows. */
export type RecentRuns = {
  readonly __typename?: 'RecentRuns';
  /** The same with a cursor each. */
  readonly edges: ReadonlyArray<RunEdge>;
  /** The runs of this page. One that can't be had is null, with an error of its own. */
  readonly nodes: ReadonlyArray<Maybe<Run>>;
  /** Whether and where it goes on. */
  readonly pageInfo: PageInfo;
  /**
   * The workflows whose runs could not be had for this page, by id. Each has an error in `errors` that names it; its runs are missing
   * in this page, and the next page asks for them again.
   */
  readonly unavailableWorkflows: ReadonlyArray<Workflow>;
};

/** A node that ran more than once in a run. */
export type RepeatedNode = {
  readonly __typename?: 'RepeatedNode';
  /** Its executions, in order. */
  readonly attempts: ReadonlyArray<Step>;
  /** The node's id. */
  readonly nodeId: Scalars['ID']['output'];
  /** How many of them are retries of a failed one. */
  readonly retryCount: Scalars['Int']['output'];
  /** Milliseconds that went into failed executions that were retried. */
  readonly wastedMs: Scalars['Float']['output'];
};

/**
 * One execution of a workflow. Times that depend on the clock (of a run that is not finished) are as of one reading of it a
 * request, so that they agree with one another.
 *
 * Some fields need the upstream's record of the run alone, others also its list of steps. If that list can't be had, each of the
 * latter is null with the error of that call, and the others keep what the record tells. Without a record the run is null.
 */
export type Run = {
  readonly __typename?: 'Run';
  /**
   * In `runUpdated`: the steps that have changed since this subscription's last event, and those that are new; in its first event, and
   * anywhere else, all of them. By start. A client that replaces its steps by these has the present state of each.
   *
   * A step has changed if the upstream tells anything else of it (status, times, error, inputs, outputs, …), or if another execution
   * of its node gave it another `attempt`, `attemptCount` or `attemptKind`. What the clock and other steps alone change is no change:
   * `durationMs` of a running step, `offsetMs`, `gapBeforeMs`, `shareOfRun`. `timeline` and `timing` have the present ones.
   */
  readonly changedSteps?: Maybe<ReadonlyArray<Step>>;
  /** The chain of steps that decided how long the run took: to make it faster, make one of these faster. */
  readonly criticalPath?: Maybe<CriticalPath>;
  /**
   * When it ended: as its record says, else the latest end of a step. Null while it is not finished. A step's end is its
   * `endTime`; where that is missing or lies before its start, `startTime` plus what `elapsedTime` says.
   */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * What the run's record says went wrong. Null if nothing did (also where it says `{}`, `[]`, `null` or blanks), or there is
   * no record; the steps' own errors are theirs.
   */
  readonly error?: Maybe<Scalars['String']['output']>;
  /** What the run's record says went wrong, taken apart. Null if there is no error. */
  readonly errorInfo?: Maybe<StepError>;
  /**
   * What its steps cost by the prices that this gateway has: the sum of theirs, failed executions too. Null where it has no prices
   * (`TOKEN_PRICES`).
   */
  readonly estimatedCost?: Maybe<Cost>;
  /** The failed steps, by end, then start: what went wrong first stands first. Those whose end is not known come last. */
  readonly failedSteps?: Maybe<ReadonlyArray<Step>>;
  /** The failed step that ended first. Null if none failed. */
  readonly firstFailedStep?: Maybe<Step>;
  /** How far this answer can be trusted to be the present state. */
  readonly freshness: Freshness;
  /** The id by which the upstream knows it. */
  readonly id: Scalars['ID']['output'];
  /** What the run was started with. Without a record of the run, what its first step says of it. Null if neither tells. */
  readonly inputs?: Maybe<Scalars['JSON']['output']>;
  /**
   * True if `status` is COMPLETED, FAILED or CANCELLED; or UNKNOWN where the record names an end, or where there is no record
   * but steps, all of them readable.
   */
  readonly isFinished: Scalars['Boolean']['output'];
  /** The latest moment that is known of it: a start or an end as the upstream told it, of a step or of the run. Null if none is known. */
  readonly lastActivityAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * The newest completed run of the workflow that started before this one: what to compare it with. It is looked for among the
   * workflow's latest 500 runs, by the starts in their records. Null if none of them is one, or this one has not started. A run whose
   * record names no start is not found.
   */
  readonly lastSuccessBefore?: Maybe<Run>;
  /** What the run as a whole answered, as its record says: an object or a text. Null without one. */
  readonly outputs?: Maybe<Scalars['JSON']['output']>;
  /** How far it has come, counted in nodes. */
  readonly progress?: Maybe<Progress>;
  /** The upstream's own word for it, as its record has it. Null where there is no record. */
  readonly rawStatus?: Maybe<Scalars['String']['output']>;
  /** The nodes that ran more than once, by the start of their first execution (its end, where it has no start). */
  readonly repeatedNodes?: Maybe<ReadonlyArray<RepeatedNode>>;
  /** The steps that took longest, longest first. Steps of unknown duration are left out. */
  readonly slowestSteps?: Maybe<ReadonlyArray<Step>>;
  /**
   * When it started: as its record says, else the earliest start of a step. Null if nothing has started, and where its record says
   * PENDING and names no start, whatever its steps say.
   */
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * From the upstream's record of the run where it keeps one. Else inferred from the latest execution of each node: any that
   * is not finished → RUNNING, else a failed one → FAILED, else a cancelled one → CANCELLED, else one that ended with an
   * unknown word → UNKNOWN, all completed or skipped → COMPLETED, no steps → UNKNOWN. UNKNOWN, too, if an entry of the
   * list of steps can't be read.
   *
   * The latest execution of a node, here and elsewhere: its last execution supersedes those that had ended when it began. Of the
   * remaining ones it is the last unfinished one while the run is not over, else the last failed one, else the last one.
   */
  readonly status: RunStatus;
  /**
   * True where the upstream has no record of the run. A list of finished steps does not prove that the run is over (the next
   * step may not exist yet): `freshness.isFinal` tells when nothing more is expected.
   */
  readonly statusIsInferred: Scalars['Boolean']['output'];
  /** The step of this id. Null if the run has none by it. */
  readonly step?: Maybe<Step>;
  /** How many steps there are of each status. */
  readonly stepCounts?: Maybe<StepCounts>;
  /**
   * Its steps, by start. A step that has not started yet may be absent, since the upstream lists steps as they start. An entry of the
   * upstream's list that can't be read stands last, as null with an error of its own; it is in no other list, in no count and no sum,
   * and no filter finds it.
   */
  readonly steps?: Maybe<ReadonlyArray<Maybe<Step>>>;
  /** The steps laid out as bars, ready to draw. */
  readonly timeline?: Maybe<Timeline>;
  /** Where the time went. */
  readonly timing?: Maybe<RunTiming>;
  /** The tokens that its steps used. Failed executions count too: they were paid for. */
  readonly tokenUsage?: Maybe<RunTokenUsage>;
  /**
   * Seconds: the sum of `elapsedTime` over all steps. The upstream rounds each down, and steps that ran side by side count
   * each, so it is the work done and not the time waited: see `timing.wallClockMs` for that. Null with a NUMBER_OUT_OF_RANGE
   * error where an `Int` can't hold the sum.
   */
  readonly totalElapsedTime?: Maybe<Scalars['Int']['output']>;
  /**
   * Milliseconds from its start to its end, or to now while it is not finished. Null with no start. The same as
   * `timing.wallClockMs`, but the run's record alone can tell it: a list of runs need not load their steps, but for those whose
   * records lack a start or an end.
   */
  readonly wallClockMs?: Maybe<Scalars['Float']['output']>;
  /** A handle on the workflow that was run. */
  readonly workflow: Workflow;
  /** The id of the workflow that was run. */
  readonly workflowId: Scalars['ID']['output'];
};


/**
 * One execution of a workflow. Times that depend on the clock (of a run that is not finished) are as of one reading of it a
 * request, so that they agree with one another.
 *
 * Some fields need the upstream's record of the run alone, others also its list of steps. If that list can't be had, each of the
 * latter is null with the error of that call, and the others keep what the record tells. Without a record the run is null.
 */
export type RunFailedStepsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  latestAttemptOnly?: InputMaybe<Scalars['Boolean']['input']>;
};


/**
 * One execution of a workflow. Times that depend on the clock (of a run that is not finished) are as of one reading of it a
 * request, so that they agree with one another.
 *
 * Some fields need the upstream's record of the run alone, others also its list of steps. If that list can't be had, each of the
 * latter is null with the error of that call, and the others keep what the record tells. Without a record the run is null.
 */
export type RunInputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};


/**
 * One execution of a workflow. Times that depend on the clock (of a run that is not finished) are as of one reading of it a
 * request, so that they agree with one another.
 *
 * Some fields need the upstream's record of the run alone, others also its list of steps. If that list can't be had, each of the
 * latter is null with the error of that call, and the others keep what the record tells. Without a record the run is null.
 */
export type RunOutputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};


/**
 * One execution of a workflow. Times that depend on the clock (of a run that is not finished) are as of one reading of it a
 * request, so that they agree with one another.
 *
 * Some fields need the upstream's record of the run alone, others also its list of steps. If that list can't be had, each of the
 * latter is null with the error of that call, and the others keep what the record tells. Without a record the run is null.
 */
export type RunSlowestStepsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * One execution of a workflow. Times that depend on the clock (of a run that is not finished) are as of one reading of it a
 * request, so that they agree with one another.
 *
 * Some fields need the upstream's record of the run alone, others also its list of steps. If that list can't be had, each of the
 * latter is null with the error of that call, and the others keep what the record tells. Without a record the run is null.
 */
export type RunStepArgs = {
  id: Scalars['ID']['input'];
};


/**
 * One execution of a workflow. Times that depend on the clock (of a run that is not finished) are as of one reading of it a
 * request, so that they agree with one another.
 *
 * Some fields need the upstream's record of the run alone, others also its list of steps. If that list can't be had, each of the
 * latter is null with the error of that call, and the others keep what the record tells. Without a record the run is null.
 */
export type RunStepsArgs = {
  filter?: InputMaybe<StepFilter>;
  orderBy?: InputMaybe<StepOrder>;
};

/** What changed from one run to another. Every delta is head − base: above 0 is more in the head run. */
export type RunComparison = {
  readonly __typename?: 'RunComparison';
  /** The run that was compared with. */
  readonly base?: Maybe<Run>;
  /** Seconds, in `totalElapsedTime`. Null with a NUMBER_OUT_OF_RANGE error where an `Int` can't hold them. */
  readonly elapsedTimeDelta?: Maybe<Scalars['Int']['output']>;
  /** The run that is judged. */
  readonly head?: Maybe<Run>;
  /**
   * Node by node, each by its latest execution. What matters most stands first: BROKE, FIXED, STATUS_CHANGED, ADDED, REMOVED,
   * then SLOWER and FASTER, then UNCHANGED; among these by the size of `durationDeltaMs`, then by id.
   */
  readonly nodes: ReadonlyArray<NodeComparison>;
  /** Tokens in all. Null if either is not known, or with a NUMBER_OUT_OF_RANGE error where an `Int` can't hold them. */
  readonly tokenDelta?: Maybe<Scalars['Int']['output']>;
  /** Milliseconds from start to end. Null if either is not known. */
  readonly wallClockDeltaMs?: Maybe<Scalars['Float']['output']>;
};

/** A page of runs. */
export type RunConnection = {
  readonly __typename?: 'RunConnection';
  /** The same with a cursor each. */
  readonly edges: ReadonlyArray<RunEdge>;
  /** The runs of this page. One that can't be had is null, with an error of its own. */
  readonly nodes: ReadonlyArray<Maybe<Run>>;
  /** Whether and where it goes on. */
  readonly pageInfo: PageInfo;
};

/** A run's place in the history. */
export type RunEdge = {
  readonly __typename?: 'RunEdge';
  /** For `after`, to go on behind it. */
  readonly cursor: Scalars['String']['output'];
  /** The run. Null with an error if it can't be had. */
  readonly node?: Maybe<Run>;
};

/** Which runs are wanted; every condition that is given must hold. */
export type RunFilter = {
  /** Started at this moment or later. */
  readonly startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Started before this moment. */
  readonly startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** Any of these statuses. */
  readonly status?: InputMaybe<ReadonlyArray<RunStatus>>;
};

/** A stretch of a run in which no step ran, within the bounds of its timeline. */
export type RunGap = {
  readonly __typename?: 'RunGap';
  /** The step that ended last before it. Null if it stands before the first step. */
  readonly after?: Maybe<Step>;
  /** The step whose start ended it. Null if it stands after the last step. */
  readonly before?: Maybe<Step>;
  /** How long it was, in milliseconds. */
  readonly durationMs: Scalars['Float']['output'];
  /** When it ended. */
  readonly endedAt: Scalars['DateTime']['output'];
  /** When it began. */
  readonly startedAt: Scalars['DateTime']['output'];
};

/** How far a run has come. */
export type RunStatus =
  /** Somebody stopped it. */
  | 'CANCELLED'
  /** It ended as it should. */
  | 'COMPLETED'
  /** It ended with an error. */
  | 'FAILED'
  /** It is accepted, but nothing has started. */
  | 'PENDING'
  /** Something of it is still to end. */
  | 'RUNNING'
  /** Nothing tells: there are no steps yet, or the upstream used a word that this gateway does not know. */
  | 'UNKNOWN';

/** Where a run's time went. All in milliseconds, with fractions. */
export type RunTiming = {
  readonly __typename?: 'RunTiming';
  /** The part of the time in which at least one step ran. */
  readonly busyMs: Scalars['Float']['output'];
  /**
   * `wallClockMs` minus `busyMs`, at least 0; 0 with no wall clock. Where all steps lie within the run's bounds it is the time in
   * which none ran. Steps that ran outside them count as busy: then it may be below `longestGap`.
   */
  readonly idleMs: Scalars['Float']['output'];
  /** The longest of `timeline.gaps`, the first of equally long ones. Null if there is none. */
  readonly longestGap?: Maybe<RunGap>;
  /** The most steps that ran at the same time. A step that ends where another starts does not count beside it. */
  readonly maxConcurrency: Scalars['Int']['output'];
  /**
   * How many steps ran at once while any did, on the average: the sum of their durations, of a running step until now, divided by `busyMs`.
   * 1 is one after the other. Null if nothing took any time.
   */
  readonly parallelism?: Maybe<Scalars['Float']['output']>;
  /** The sum of the steps' durations: the work done. Steps that ran side by side count each. */
  readonly totalDurationMs: Scalars['Float']['output'];
  /** From the run's start to its end, or to now while it is not finished: the time waited. Null with no start. */
  readonly wallClockMs?: Maybe<Scalars['Float']['output']>;
  /** The time that went into failed executions that were retried. */
  readonly wastedMs: Scalars['Float']['output'];
};

/**
 * The tokens that a run used: sums over the steps that report any. Null: no step says. 0: really none. A sum that an `Int` can't
 * hold is null with a NUMBER_OUT_OF_RANGE error.
 */
export type RunTokenUsage = {
  readonly __typename?: 'RunTokenUsage';
  /** The same for each model: most tokens first, then by name. */
  readonly byModel: ReadonlyArray<ModelTokenUsage>;
  /** The part of `inputTokens` that came from a model's cache; it is in them already. */
  readonly cachedInputTokens?: Maybe<Scalars['Int']['output']>;
  /** Tokens that models were given. */
  readonly inputTokens?: Maybe<Scalars['Int']['output']>;
  /** Tokens that models wrote. */
  readonly outputTokens?: Maybe<Scalars['Int']['output']>;
  /** The part of `outputTokens` that went into reasoning; it is in them already. */
  readonly reasoningTokens?: Maybe<Scalars['Int']['output']>;
  /** How many steps report tokens. */
  readonly stepsReporting: Scalars['Int']['output'];
  /** All of them. */
  readonly totalTokens?: Maybe<Scalars['Int']['output']>;
};

/** One execution of a node. */
export type Step = {
  readonly __typename?: 'Step';
  /** Which execution of its node this is, from 1: by start; one without a start stands where it ended, without either last. */
  readonly attempt: Scalars['Int']['output'];
  /** How many executions of its node there are in the run. */
  readonly attemptCount: Scalars['Int']['output'];
  /** Why its node was executed once more. */
  readonly attemptKind: AttemptKind;
  /**
   * True if its times can't be right: it ends before it starts, or it is running and starts in the future. Then only
   * `elapsedTime` tells how long it took.
   */
  readonly clockSkewDetected: Scalars['Boolean']['output'];
  /**
   * What a model was asked and what it answered, read from `inputs` and `outputs`: OpenAI chat completions and responses, Anthropic
   * messages, and stored events of their streams. Null where neither holds a message in such a shape.
   */
  readonly conversation?: Maybe<Conversation>;
  /**
   * How long it took, in milliseconds: end − start where both are known; else, while it runs, now − start; else what `elapsedTime`
   * says, if above 0; else 0 where `elapsedTime` of a finished step is 0. Null where nothing tells. Never negative. A step that a
   * finished run left running counts until the run's end (0 if it started after it); null if that is not known.
   */
  readonly durationMs?: Maybe<Scalars['Float']['output']>;
  /** Where `durationMs` comes from. */
  readonly durationSource: DurationSource;
  /**
   * Seconds as the upstream reports them, rounded down: 2 for 2.2 s and 0 for 0.9 s. `durationMs` is exact. Null with a
   * NUMBER_OUT_OF_RANGE error where an `Int` can't hold them.
   */
  readonly elapsedTime?: Maybe<Scalars['Int']['output']>;
  /** When it ended. Null before that, or where the upstream's text is no time. */
  readonly endTime?: Maybe<Scalars['DateTime']['output']>;
  /**
   * The error as the upstream sent it; an object as its JSON text. Null if there is none: also where it says `{}`, `[]`, `null`
   * or blanks. A step may have one and be completed all the same.
   */
  readonly error?: Maybe<Scalars['String']['output']>;
  /** The error taken apart. Null if there is none. */
  readonly errorInfo?: Maybe<StepError>;
  /**
   * What its tokens cost by the prices that this gateway has. Null where it has no prices (`TOKEN_PRICES`), and for a step that reports no
   * tokens.
   */
  readonly estimatedCost?: Maybe<Cost>;
  /**
   * Milliseconds between the latest end of the steps that started before it and its own start: how long the run stood still
   * before it. 0 if one of them was still running; for the first step, since the left edge of the run's `timeline`. Null with
   * no start, or one further than a day outside the run.
   */
  readonly gapBeforeMs?: Maybe<Scalars['Float']['output']>;
  /** The id by which the upstream knows it. */
  readonly id: Scalars['ID']['output'];
  /** What the node was given. Null if the upstream tells nothing. */
  readonly inputs?: Maybe<Scalars['JSON']['output']>;
  /** The size of `inputs` in bytes, as JSON without blanks; 0 if there are none. To be asked before a large payload is. */
  readonly inputsSizeBytes: Scalars['Int']['output'];
  /** True if it is completed, failed, cancelled or skipped, or of an unknown status but with an end. */
  readonly isFinished: Scalars['Boolean']['output'];
  /** What the upstream adds about this step in particular. Null if nothing. */
  readonly metadata?: Maybe<Scalars['JSON']['output']>;
  /** That node in the workflow's graph. Null if the graph does not have it. */
  readonly node?: Maybe<WorkflowNode>;
  /** The node of the workflow that it executed. A node may be executed more than once in a run. */
  readonly nodeId: Scalars['ID']['output'];
  /**
   * Milliseconds from the left edge of the run's `timeline` to this step's start. Null with no start, or one further than a day
   * outside the run.
   */
  readonly offsetMs?: Maybe<Scalars['Float']['output']>;
  /** The organization that the workflow belongs to. Null if the upstream does not say. */
  readonly organizationId?: Maybe<Scalars['ID']['output']>;
  /** What the node answered. Null if it has not answered, or the upstream tells nothing. */
  readonly outputs?: Maybe<Scalars['JSON']['output']>;
  /** The size of `outputs` in bytes, as JSON without blanks; 0 if there are none. */
  readonly outputsSizeBytes: Scalars['Int']['output'];
  /** The execution of its node before it. Null if it is the first. */
  readonly previousAttempt?: Maybe<Step>;
  /** The upstream's own word for it. */
  readonly rawStatus: Scalars['String']['output'];
  /** The id of the run that it belongs to. */
  readonly runId: Scalars['ID']['output'];
  /**
   * Its duration as a part of the run's wall clock, 0 to 1. Shares of steps that ran side by side add up to more than 1. Null where
   * `durationMs` or the run's `wallClockMs` is null, or the latter is 0.
   */
  readonly shareOfRun?: Maybe<Scalars['Float']['output']>;
  /** When it started. Null before that, or where the upstream's text is no time. */
  readonly startTime?: Maybe<Scalars['DateTime']['output']>;
  /** How far it has come. */
  readonly status: StepStatus;
  /** The tokens that it used. Null if it does not say. */
  readonly tokenUsage?: Maybe<TokenUsage>;
  /**
   * Tokens as the upstream counts them: 0 today, whatever was used. `tokenUsage` has the real count. Null with a
   * NUMBER_OUT_OF_RANGE error where an `Int` can't hold them.
   */
  readonly tokens?: Maybe<Scalars['Int']['output']>;
  /** The user who started the run. Null if the upstream does not say. */
  readonly userId?: Maybe<Scalars['ID']['output']>;
  /** The id of the workflow that was run. */
  readonly workflowId: Scalars['ID']['output'];
};


/** One execution of a node. */
export type StepInputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};


/** One execution of a node. */
export type StepOutputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};

/** How many steps there are, in all and of each status. */
export type StepCounts = {
  readonly __typename?: 'StepCounts';
  /** Stopped by somebody. */
  readonly cancelled: Scalars['Int']['output'];
  /** Ended as they should. */
  readonly completed: Scalars['Int']['output'];
  /** Ended with an error. */
  readonly failed: Scalars['Int']['output'];
  /** Known, but not started. */
  readonly pending: Scalars['Int']['output'];
  /** Started and not ended. */
  readonly running: Scalars['Int']['output'];
  /** Not on the way that the workflow took. */
  readonly skipped: Scalars['Int']['output'];
  /** All of them: the sum of the others. */
  readonly total: Scalars['Int']['output'];
  /** Of a status that this gateway does not know. */
  readonly unknown: Scalars['Int']['output'];
};

/** An error taken apart. Where the text is JSON, its usual fields are read; else the message is the text. */
export type StepError = {
  readonly __typename?: 'StepError';
  /** The error's code, where the text says. */
  readonly code?: Maybe<Scalars['String']['output']>;
  /** What went wrong. Never empty. */
  readonly message: Scalars['String']['output'];
  /** The whole text, as the upstream sent it. */
  readonly raw: Scalars['String']['output'];
  /** The kind of error, where the text says. */
  readonly type?: Maybe<Scalars['String']['output']>;
};

/** Which steps are wanted; every condition that is given must hold. */
export type StepFilter = {
  /** Only the failed ones. */
  readonly failedOnly?: InputMaybe<Scalars['Boolean']['input']>;
  /** Any of these nodes. */
  readonly nodeId?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** Any of these statuses. */
  readonly status?: InputMaybe<ReadonlyArray<StepStatus>>;
};

/** An order of steps. Equal ones stay in the order of start, then of the upstream's list. */
export type StepOrder = {
  /** Which end comes first. */
  readonly direction?: OrderDirection;
  /** What to go by. */
  readonly field: StepOrderField;
};

/** What steps are put in order by. Steps that lack the value come last, in either direction. */
export type StepOrderField =
  /** By `durationMs`. */
  | 'DURATION'
  /** By the node's id, as text. */
  | 'NODE_ID'
  /** By start. */
  | 'START_TIME';

/** How far one execution of a node has come. */
export type StepStatus =
  /** Somebody stopped it. */
  | 'CANCELLED'
  /** It ended as it should. */
  | 'COMPLETED'
  /** It ended with an error, or ran out of time. */
  | 'FAILED'
  /** It is known, but has not started. */
  | 'PENDING'
  /** It has started and not ended. */
  | 'RUNNING'
  /** The workflow went another way. */
  | 'SKIPPED'
  /** The upstream used a word that this gateway does not know; `rawStatus` has it. */
  | 'UNKNOWN';

/** The entry points for staying up to date, over graphql-ws at `/graphql` and graphql-sse at `/graphql/stream`. */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * A run as it goes on: its present state at once, then once for each change, whichever fields are selected. It completes
   * after the final state (`freshness.isFinal`). While the upstream fails, one event says so by `freshness.isStale`; a run
   * that is not there, or a key that is refused, ends it with that error. A reader who is slow misses states, never the latest.
   */
  readonly runUpdated: Run;
  /**
   * The runs of several workflows as they start and change: the newest 20 of each workflow and its unfinished ones at once (of its
   * latest 100), then in each event the runs that are new or have changed since this subscription's last event, newest first.
   * It goes on until the client ends it. A reader who is slow misses states, never a run.
   *
   * While a workflow's runs can't be read, they are told once with `freshness.isStale`, and again when they can. A workflow of
   * which nothing could be read yet, that is not there, or that this key may not see, has an error in `errors`. A key that is refused
   * ends the subscription.
   * A run is followed while it is unfinished and among the workflow's latest 500.
   */
  readonly runsUpdated: ReadonlyArray<Run>;
};


/** The entry points for staying up to date, over graphql-ws at `/graphql` and graphql-sse at `/graphql/stream`. */
export type SubscriptionRunUpdatedArgs = {
  id: Scalars['ID']['input'];
  workflowId: Scalars['ID']['input'];
};


/** The entry points for staying up to date, over graphql-ws at `/graphql` and graphql-sse at `/graphql/stream`. */
export type SubscriptionRunsUpdatedArgs = {
  workflowIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};

/**
 * A run's steps laid out for drawing: bars in the fewest lanes in which no two overlap. It reaches from the run's `startedAt` to
 * its `endedAt` (or now while it is not finished), and further where a step that starts within a day of that does; a finished run
 * whose end is not known ends with its steps. A step that starts further out has a wrong clock, and no bar.
 */
export type Timeline = {
  readonly __typename?: 'Timeline';
  /** The bars, by start. A step that has no start, or one further than a day outside the run, has no bar. */
  readonly bars: ReadonlyArray<TimelineBar>;
  /** From edge to edge, in milliseconds. Null if nothing has started. */
  readonly durationMs?: Maybe<Scalars['Float']['output']>;
  /** The right edge. Null if nothing has started. */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The stretches from edge to edge in which no step ran, in order of time: to be folded where they are long. */
  readonly gaps: ReadonlyArray<TimelineGap>;
  /** How many lanes the bars need. */
  readonly laneCount: Scalars['Int']['output'];
  /** The left edge. Null if nothing has started. */
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** A step on the timeline. */
export type TimelineBar = {
  readonly __typename?: 'TimelineBar';
  /** How long it is, in milliseconds: the step's duration, of a running step until now. 0 where it is not known. */
  readonly durationMs: Scalars['Float']['output'];
  /** Its lane, from 0. */
  readonly lane: Scalars['Int']['output'];
  /** Milliseconds from the left edge to its start. */
  readonly offsetMs: Scalars['Float']['output'];
  /** Its left edge in percent of the timeline: 0 to 100 whatever the clocks said. 0 where the timeline has no length. */
  readonly offsetPercent: Scalars['Float']['output'];
  /** The step. */
  readonly step: Step;
  /** Its width in percent of the timeline; with `offsetPercent` it is at most 100. */
  readonly widthPercent: Scalars['Float']['output'];
};

/** A stretch of the timeline in which no step ran. */
export type TimelineGap = {
  readonly __typename?: 'TimelineGap';
  /** How long it is, in milliseconds. */
  readonly durationMs: Scalars['Float']['output'];
  /** Milliseconds from the left edge to its beginning. */
  readonly offsetMs: Scalars['Float']['output'];
};

/** Where a token count comes from. */
export type TokenSource =
  /** The `usage` object in the step's outputs, or in the stored events of a stream there. */
  | 'OUTPUTS'
  /** The upstream's own count (`Step.tokens`). */
  | 'UPSTREAM';

/**
 * The tokens that a step used. Null: it does not say. 0: really none. A count that an `Int` can't hold is null with a
 * NUMBER_OUT_OF_RANGE error.
 */
export type TokenUsage = {
  readonly __typename?: 'TokenUsage';
  /** The part of `inputTokens` that came from the model's cache; it is in them already. */
  readonly cachedInputTokens?: Maybe<Scalars['Int']['output']>;
  /** Tokens that the model was given. */
  readonly inputTokens?: Maybe<Scalars['Int']['output']>;
  /** The model, as the outputs name it. Null if they name none. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** Tokens that the model wrote. */
  readonly outputTokens?: Maybe<Scalars['Int']['output']>;
  /** The part of `outputTokens` that went into reasoning; it is in them already. */
  readonly reasoningTokens?: Maybe<Scalars['Int']['output']>;
  /** Where `totalTokens` comes from. */
  readonly source: TokenSource;
  /** All of them. */
  readonly totalTokens?: Maybe<Scalars['Int']['output']>;
};

/** A model's request that a tool be called. */
export type ToolCall = {
  readonly __typename?: 'ToolCall';
  /** What it is called with: JSON text as a rule, but a model may write anything. At most 100,000 characters. */
  readonly arguments?: Maybe<Scalars['String']['output']>;
  /** By this id the answer to the call names it. */
  readonly id?: Maybe<Scalars['String']['output']>;
  /** The tool's name. */
  readonly name?: Maybe<Scalars['String']['output']>;
};

/** A part of the time in which a workflow's latest runs started. */
export type TrendBucket = {
  readonly __typename?: 'TrendBucket';
  /** Where it ends: runs that started before are in it. Those that started just then are only in the last one. */
  readonly endedAt: Scalars['DateTime']['output'];
  /** How many of them failed. */
  readonly failedCount: Scalars['Int']['output'];
  /**
   * False if runs may have started in it that were not looked at: it reaches further back than the latest `last` runs. Only a trend
   * with `startedAfter` has such parts.
   */
  readonly isComplete: Scalars['Boolean']['output'];
  /**
   * The same by node, in order of id. It needs the steps of its runs: one upstream call for each that is not held yet, within the
   * operation's budget. Runs whose steps the upstream has no more are left out.
   */
  readonly nodes?: Maybe<ReadonlyArray<NodeStatistics>>;
  /** How many runs started in it, of those that were looked at. */
  readonly runCount: Scalars['Int']['output'];
  /** Where it begins: runs that started then or later are in it. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** From start to end of the finished ones, in milliseconds, as their records tell it. Null if none does. */
  readonly wallClockMs?: Maybe<Distribution>;
};

/**
 * Something that can be run: a graph of nodes. All but `id` and its runs comes from the upstream's list of workflows. It is null if the
 * list does not say, and null with a NOT_FOUND error if the list does not have the workflow.
 */
export type Workflow = {
  readonly __typename?: 'Workflow';
  /** When it was made. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** What it is for. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /**
   * Why its latest runs failed: those that failed alike, together. The largest group stands first, then the one that was seen
   * last. A failed run whose steps can't be had stands last, as null with an error of its own.
   * It needs the steps of the failed runs: one upstream call for each that is not held yet, within the operation's budget.
   */
  readonly failureGroups?: Maybe<ReadonlyArray<Maybe<FailureGroup>>>;
  /** Its nodes and how they follow one another. Null if the upstream does not say. */
  readonly graph?: Maybe<WorkflowGraph>;
  /** The id by which the upstream knows it. */
  readonly id: Scalars['ID']['output'];
  /** True if it may be seen outside its organization. */
  readonly isPublic?: Maybe<Scalars['Boolean']['output']>;
  /** Its name. */
  readonly name?: Maybe<Scalars['String']['output']>;
  /** The organization that it belongs to. */
  readonly organizationId?: Maybe<Scalars['ID']['output']>;
  /** One of its runs. Null with a NOT_FOUND error if there is none. */
  readonly run?: Maybe<Run>;
  /**
   * Its runs, newest first. The history moves while it is paged through: a cursor keeps its place among the runs, so that none
   * is repeated or skipped when new ones start. Only if the upstream forgets the very run that a cursor stands at, the page
   * goes on with the next older one by start. If a cursor's run has moved by more than a thousand, the page may be empty, and
   * `pageInfo.endCursor` still leads on; of an upstream that does not page by offset it is an UPSTREAM_CONTRACT_VIOLATION error.
   * With a filter, at most 500 runs are looked at for one page: it may then hold fewer than `first`, even none, and
   * `pageInfo.endCursor` still leads on.
   */
  readonly runs?: Maybe<RunConnection>;
  /**
   * Several of its runs at once, in the order of the ids. At most 100. One that can't be had is null, with an error of its
   * own; the others are answered.
   */
  readonly runsById?: Maybe<ReadonlyArray<Maybe<Run>>>;
  /** What its latest runs tell together. */
  readonly statistics?: Maybe<WorkflowStatistics>;
  /** The upstream's word for its state, such as `active`. */
  readonly status?: Maybe<Scalars['String']['output']>;
  /**
   * How its latest runs went, over time: their span, from the earliest start to the latest one, in equal parts, oldest first. Where
   * `startedAfter` or `startedBefore` is given, the span begins or ends there. Runs that have not started are in none. Empty without
   * runs, unless both ends are given; a single part if all started at the same moment.
   */
  readonly trend?: Maybe<ReadonlyArray<TrendBucket>>;
  /** When it was last changed. */
  readonly updatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Its version. */
  readonly version?: Maybe<Scalars['String']['output']>;
};


/**
 * Something that can be run: a graph of nodes. All but `id` and its runs comes from the upstream's list of workflows. It is null if the
 * list does not say, and null with a NOT_FOUND error if the list does not have the workflow.
 */
export type WorkflowFailureGroupsArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
  startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
};


/**
 * Something that can be run: a graph of nodes. All but `id` and its runs comes from the upstream's list of workflows. It is null if the
 * list does not say, and null with a NOT_FOUND error if the list does not have the workflow.
 */
export type WorkflowRunArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Something that can be run: a graph of nodes. All but `id` and its runs comes from the upstream's list of workflows. It is null if the
 * list does not say, and null with a NOT_FOUND error if the list does not have the workflow.
 */
export type WorkflowRunsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RunFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * Something that can be run: a graph of nodes. All but `id` and its runs comes from the upstream's list of workflows. It is null if the
 * list does not say, and null with a NOT_FOUND error if the list does not have the workflow.
 */
export type WorkflowRunsByIdArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


/**
 * Something that can be run: a graph of nodes. All but `id` and its runs comes from the upstream's list of workflows. It is null if the
 * list does not say, and null with a NOT_FOUND error if the list does not have the workflow.
 */
export type WorkflowStatisticsArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
  startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
};


/**
 * Something that can be run: a graph of nodes. All but `id` and its runs comes from the upstream's list of workflows. It is null if the
 * list does not say, and null with a NOT_FOUND error if the list does not have the workflow.
 */
export type WorkflowTrendArgs = {
  buckets?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A page of workflows. */
export type WorkflowConnection = {
  readonly __typename?: 'WorkflowConnection';
  /** The same with a cursor each. */
  readonly edges: ReadonlyArray<WorkflowConnectionEdge>;
  /** The workflows of this page. */
  readonly nodes: ReadonlyArray<Workflow>;
  /** Whether and where it goes on. */
  readonly pageInfo: PageInfo;
  /** How many there are on all pages together. */
  readonly totalCount: Scalars['Int']['output'];
};

/** A workflow's place in a list. */
export type WorkflowConnectionEdge = {
  readonly __typename?: 'WorkflowConnectionEdge';
  /** For `after`, to go on behind it. */
  readonly cursor: Scalars['String']['output'];
  /** The workflow. */
  readonly node: Workflow;
};

/** One node follows another. */
export type WorkflowEdge = {
  readonly __typename?: 'WorkflowEdge';
  /** The id of the node before. */
  readonly from: Scalars['ID']['output'];
  /** The id of the node after. */
  readonly to: Scalars['ID']['output'];
};

/** A workflow's nodes and how they follow one another. START and END are no nodes: `entry` and `finish` stand for them. */
export type WorkflowGraph = {
  readonly __typename?: 'WorkflowGraph';
  /** Which node follows which. An edge may name a node that does not exist: it is passed on as it is. */
  readonly edges: ReadonlyArray<WorkflowEdge>;
  /** The node that runs first. Null if the upstream names none, or several. */
  readonly entry?: Maybe<Scalars['ID']['output']>;
  /** The node that runs last. Null if the upstream names none, or several. */
  readonly finish?: Maybe<Scalars['ID']['output']>;
  /** The nodes, in the upstream's order. */
  readonly nodes: ReadonlyArray<WorkflowNode>;
};

/** A node of a workflow. */
export type WorkflowNode = {
  readonly __typename?: 'WorkflowNode';
  /** What it is for. Null if its author did not write that down. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** Its id: steps name it as their `nodeId`. */
  readonly id: Scalars['ID']['output'];
  /** What kind of node it is: `model`, `code`, an integration, … Null if the upstream does not say. */
  readonly type?: Maybe<Scalars['String']['output']>;
};

/** What a workflow's latest runs tell together. */
export type WorkflowStatistics = {
  readonly __typename?: 'WorkflowStatistics';
  /** How many completed. */
  readonly completedCount: Scalars['Int']['output'];
  /** How many failed. */
  readonly failedCount: Scalars['Int']['output'];
  /** How many of them are completed, failed or cancelled, or of an unknown status with an end. */
  readonly finishedCount: Scalars['Int']['output'];
  /**
   * The same by node, in order of id. It needs the steps of every run that was looked at: one upstream call for each that is
   * not held yet, within the operation's budget. Runs whose steps the upstream has no more are left out.
   */
  readonly nodes?: Maybe<ReadonlyArray<NodeStatistics>>;
  /** How many runs were looked at. */
  readonly runCount: Scalars['Int']['output'];
  /** Completed ones as a part of the finished ones, 0 to 1. Null if none is finished. */
  readonly successRate?: Maybe<Scalars['Float']['output']>;
  /** From start to end of the finished runs, in milliseconds, as their records tell it. Null if none does. */
  readonly wallClockMs?: Maybe<Distribution>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AttemptKind: AttemptKind;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Conversation: ResolverTypeWrapper<DomainConversation>;
  Cost: ResolverTypeWrapper<DomainCost>;
  CriticalPath: ResolverTypeWrapper<DomainCriticalPath>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Distribution: ResolverTypeWrapper<DomainDistribution>;
  DurationSource: DurationSource;
  ExecuteWorkflowPayload: ResolverTypeWrapper<StartedRun>;
  FailureGroup: ResolverTypeWrapper<FailureGroupOfWorkflow>;
  FieldSet: ResolverTypeWrapper<Scalars['FieldSet']['output']>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Freshness: ResolverTypeWrapper<DomainFreshness>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Message: ResolverTypeWrapper<DomainMessage>;
  ModelTokenUsage: ResolverTypeWrapper<DomainModelTokenUsage>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  NodeChange: NodeChange;
  NodeComparison: ResolverTypeWrapper<DomainNodeComparison>;
  NodeStatistics: ResolverTypeWrapper<DomainNodeStatistics>;
  OrderDirection: OrderDirection;
  PageInfo: ResolverTypeWrapper<PageInfoModel>;
  Progress: ResolverTypeWrapper<DomainProgress>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RecentRuns: ResolverTypeWrapper<RecentRunsPage>;
  RepeatedNode: ResolverTypeWrapper<DomainRepeatedNode>;
  Run: ResolverTypeWrapper<DomainRun>;
  RunComparison: ResolverTypeWrapper<DomainRunComparison>;
  RunConnection: ResolverTypeWrapper<RunPage>;
  RunEdge: ResolverTypeWrapper<ListedRun>;
  RunFilter: RunFilter;
  RunGap: ResolverTypeWrapper<DomainRunGap>;
  RunStatus: RunStatus;
  RunTiming: ResolverTypeWrapper<DomainRunTiming>;
  RunTokenUsage: ResolverTypeWrapper<DomainRunTokenUsage>;
  Step: ResolverTypeWrapper<DomainStep>;
  StepCounts: ResolverTypeWrapper<DomainStepCounts>;
  StepError: ResolverTypeWrapper<DomainStepError>;
  StepFilter: StepFilter;
  StepOrder: StepOrder;
  StepOrderField: StepOrderField;
  StepStatus: StepStatus;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Timeline: ResolverTypeWrapper<DomainTimeline>;
  TimelineBar: ResolverTypeWrapper<DomainTimelineBar>;
  TimelineGap: ResolverTypeWrapper<DomainTimelineGap>;
  TokenSource: TokenSource;
  TokenUsage: ResolverTypeWrapper<DomainTokenUsage>;
  ToolCall: ResolverTypeWrapper<DomainToolCall>;
  TrendBucket: ResolverTypeWrapper<TrendBucketOfWorkflow>;
  Workflow: ResolverTypeWrapper<WorkflowRef>;
  WorkflowConnection: ResolverTypeWrapper<WorkflowPage>;
  WorkflowConnectionEdge: ResolverTypeWrapper<Omit<WorkflowConnectionEdge, 'node'> & { node: ResolversTypes['Workflow'] }>;
  WorkflowEdge: ResolverTypeWrapper<DomainWorkflowEdge>;
  WorkflowGraph: ResolverTypeWrapper<DomainWorkflowGraph>;
  WorkflowNode: ResolverTypeWrapper<DomainWorkflowNode>;
  WorkflowStatistics: ResolverTypeWrapper<StatisticsOfRuns>;
  link__Import: ResolverTypeWrapper<Scalars['link__Import']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Boolean: Scalars['Boolean']['output'];
  Conversation: DomainConversation;
  Cost: DomainCost;
  CriticalPath: DomainCriticalPath;
  DateTime: Scalars['DateTime']['output'];
  Distribution: DomainDistribution;
  ExecuteWorkflowPayload: StartedRun;
  FailureGroup: FailureGroupOfWorkflow;
  FieldSet: Scalars['FieldSet']['output'];
  Float: Scalars['Float']['output'];
  Freshness: DomainFreshness;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  JSON: Scalars['JSON']['output'];
  Message: DomainMessage;
  ModelTokenUsage: DomainModelTokenUsage;
  Mutation: Record<PropertyKey, never>;
  NodeComparison: DomainNodeComparison;
  NodeStatistics: DomainNodeStatistics;
  PageInfo: PageInfoModel;
  Progress: DomainProgress;
  Query: Record<PropertyKey, never>;
  RecentRuns: RecentRunsPage;
  RepeatedNode: DomainRepeatedNode;
  Run: DomainRun;
  RunComparison: DomainRunComparison;
  RunConnection: RunPage;
  RunEdge: ListedRun;
  RunFilter: RunFilter;
  RunGap: DomainRunGap;
  RunTiming: DomainRunTiming;
  RunTokenUsage: DomainRunTokenUsage;
  Step: DomainStep;
  StepCounts: DomainStepCounts;
  StepError: DomainStepError;
  StepFilter: StepFilter;
  StepOrder: StepOrder;
  String: Scalars['String']['output'];
  Subscription: Record<PropertyKey, never>;
  Timeline: DomainTimeline;
  TimelineBar: DomainTimelineBar;
  TimelineGap: DomainTimelineGap;
  TokenUsage: DomainTokenUsage;
  ToolCall: DomainToolCall;
  TrendBucket: TrendBucketOfWorkflow;
  Workflow: WorkflowRef;
  WorkflowConnection: WorkflowPage;
  WorkflowConnectionEdge: Omit<WorkflowConnectionEdge, 'node'> & { node: ResolversParentTypes['Workflow'] };
  WorkflowEdge: DomainWorkflowEdge;
  WorkflowGraph: DomainWorkflowGraph;
  WorkflowNode: DomainWorkflowNode;
  WorkflowStatistics: StatisticsOfRuns;
  link__Import: Scalars['link__Import']['output'];
};

export type KeyDirectiveArgs = {
  fields: Scalars['FieldSet']['input'];
};

export type KeyDirectiveResolver<Result, Parent, ContextType = Context, Args = KeyDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type LinkDirectiveArgs = {
  import?: Maybe<ReadonlyArray<Maybe<Scalars['link__Import']['input']>>>;
  url?: Maybe<Scalars['String']['input']>;
};

export type LinkDirectiveResolver<Result, Parent, ContextType = Context, Args = LinkDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ShareableDirectiveArgs = { };

export type ShareableDirectiveResolver<Result, Parent, ContextType = Context, Args = ShareableDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ConversationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Conversation'] = ResolversParentTypes['Conversation']> = {
  finishReason: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  messages: Resolver<ReadonlyArray<ResolversTypes['Message']>, ParentType, ContextType>;
  model: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  omittedMessages: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CostResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Cost'] = ResolversParentTypes['Cost']> = {
  amount: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  currency: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  stepsPriced: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  stepsUnpriced: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CriticalPathResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CriticalPath'] = ResolversParentTypes['CriticalPath']> = {
  durationMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  isInferred: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  steps: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DistributionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Distribution'] = ResolversParentTypes['Distribution']> = {
  max: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  p50: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  p95: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type ExecuteWorkflowPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ExecuteWorkflowPayload'] = ResolversParentTypes['ExecuteWorkflowPayload']> = {
  message: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type FailureGroupResolvers<ContextType = Context, ParentType extends ResolversParentTypes['FailureGroup'] = ResolversParentTypes['FailureGroup']> = {
  code: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  count: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  firstSeenAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastSeenAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  message: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  nodeId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  runs: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType, RequireFields<FailureGroupRunsArgs, 'first'>>;
};

export interface FieldSetScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['FieldSet'], any> {
  name: 'FieldSet';
}

export type FreshnessResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Freshness'] = ResolversParentTypes['Freshness']> = {
  fetchedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  isFinal: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isStale: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  staleReason: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type MessageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Message'] = ResolversParentTypes['Message']> = {
  content: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  index: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isOutput: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isRefusal: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isTruncated: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  role: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  toolCallId: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  toolCalls: Resolver<ReadonlyArray<ResolversTypes['ToolCall']>, ParentType, ContextType>;
};

export type ModelTokenUsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ModelTokenUsage'] = ResolversParentTypes['ModelTokenUsage']> = {
  cachedInputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  inputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  model: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  outputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reasoningTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  stepsReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  totalTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  executeWorkflow?: Resolver<ResolversTypes['ExecuteWorkflowPayload'], ParentType, ContextType, RequireFields<MutationExecuteWorkflowArgs, 'workflowId'>>;
};

export type NodeComparisonResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NodeComparison'] = ResolversParentTypes['NodeComparison']> = {
  baseStep: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  change: Resolver<ResolversTypes['NodeChange'], ParentType, ContextType>;
  durationDeltaMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  headStep: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  nodeId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type NodeStatisticsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NodeStatistics'] = ResolversParentTypes['NodeStatistics']> = {
  durationMs: Resolver<Maybe<ResolversTypes['Distribution']>, ParentType, ContextType>;
  executionCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failureCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nodeId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  retryCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  totalTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ProgressResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Progress'] = ResolversParentTypes['Progress']> = {
  finished: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isTotalKnown: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  total: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  compareRuns?: Resolver<ResolversTypes['RunComparison'], ParentType, ContextType, RequireFields<QueryCompareRunsArgs, 'baseId' | 'headId' | 'workflowId'>>;
  recentRuns?: Resolver<ResolversTypes['RecentRuns'], ParentType, ContextType, RequireFields<QueryRecentRunsArgs, 'first'>>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType, RequireFields<QueryRunArgs, 'id' | 'workflowId'>>;
  workflow?: Resolver<ResolversTypes['Workflow'], ParentType, ContextType, RequireFields<QueryWorkflowArgs, 'id'>>;
  workflows?: Resolver<ResolversTypes['WorkflowConnection'], ParentType, ContextType, RequireFields<QueryWorkflowsArgs, 'first'>>;
};

export type RecentRunsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecentRuns'] = ResolversParentTypes['RecentRuns']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['RunEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  unavailableWorkflows: Resolver<ReadonlyArray<ResolversTypes['Workflow']>, ParentType, ContextType>;
};

export type RepeatedNodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RepeatedNode'] = ResolversParentTypes['RepeatedNode']> = {
  attempts: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType>;
  nodeId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  retryCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  wastedMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type RunResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Run'] = ResolversParentTypes['Run']> = {
  changedSteps: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType>;
  criticalPath: Resolver<ResolversTypes['CriticalPath'], ParentType, ContextType>;
  endedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  error: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  errorInfo: Resolver<Maybe<ResolversTypes['StepError']>, ParentType, ContextType>;
  estimatedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
  failedSteps: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType, RequireFields<RunFailedStepsArgs, 'latestAttemptOnly'>>;
  firstFailedStep: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  freshness: Resolver<ResolversTypes['Freshness'], ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  inputs: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, Partial<RunInputsArgs>>;
  isFinished: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  lastActivityAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastSuccessBefore: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
  outputs: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, Partial<RunOutputsArgs>>;
  progress: Resolver<ResolversTypes['Progress'], ParentType, ContextType>;
  rawStatus: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  repeatedNodes: Resolver<ReadonlyArray<ResolversTypes['RepeatedNode']>, ParentType, ContextType>;
  slowestSteps: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType, RequireFields<RunSlowestStepsArgs, 'first'>>;
  startedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status: Resolver<ResolversTypes['RunStatus'], ParentType, ContextType>;
  statusIsInferred: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  step: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType, RequireFields<RunStepArgs, 'id'>>;
  stepCounts: Resolver<ResolversTypes['StepCounts'], ParentType, ContextType>;
  steps: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType, Partial<RunStepsArgs>>;
  timeline: Resolver<ResolversTypes['Timeline'], ParentType, ContextType>;
  timing: Resolver<ResolversTypes['RunTiming'], ParentType, ContextType>;
  tokenUsage: Resolver<ResolversTypes['RunTokenUsage'], ParentType, ContextType>;
  totalElapsedTime: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  wallClockMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  workflow: Resolver<ResolversTypes['Workflow'], ParentType, ContextType>;
  workflowId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type RunComparisonResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunComparison'] = ResolversParentTypes['RunComparison']> = {
  base: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  elapsedTimeDelta: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  head: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['NodeComparison']>, ParentType, ContextType>;
  tokenDelta: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  wallClockDeltaMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type RunConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunConnection'] = ResolversParentTypes['RunConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['RunEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type RunEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEdge'] = ResolversParentTypes['RunEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type RunGapResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunGap'] = ResolversParentTypes['RunGap']> = {
  after: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  before: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  durationMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  endedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  startedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type RunTimingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunTiming'] = ResolversParentTypes['RunTiming']> = {
  busyMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  idleMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  longestGap: Resolver<Maybe<ResolversTypes['RunGap']>, ParentType, ContextType>;
  maxConcurrency: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  parallelism: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  totalDurationMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  wallClockMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  wastedMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type RunTokenUsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunTokenUsage'] = ResolversParentTypes['RunTokenUsage']> = {
  byModel: Resolver<ReadonlyArray<ResolversTypes['ModelTokenUsage']>, ParentType, ContextType>;
  cachedInputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  inputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  outputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reasoningTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  stepsReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  totalTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type StepResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Step'] = ResolversParentTypes['Step']> = {
  attempt: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  attemptCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  attemptKind: Resolver<ResolversTypes['AttemptKind'], ParentType, ContextType>;
  clockSkewDetected: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  conversation: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType>;
  durationMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  durationSource: Resolver<ResolversTypes['DurationSource'], ParentType, ContextType>;
  elapsedTime: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  endTime: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  error: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  errorInfo: Resolver<Maybe<ResolversTypes['StepError']>, ParentType, ContextType>;
  estimatedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
  gapBeforeMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  inputs: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, Partial<StepInputsArgs>>;
  inputsSizeBytes: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isFinished: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  metadata: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  node: Resolver<Maybe<ResolversTypes['WorkflowNode']>, ParentType, ContextType>;
  nodeId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  offsetMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  organizationId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  outputs: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, Partial<StepOutputsArgs>>;
  outputsSizeBytes: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  previousAttempt: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  rawStatus: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  runId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  shareOfRun: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  startTime: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status: Resolver<ResolversTypes['StepStatus'], ParentType, ContextType>;
  tokenUsage: Resolver<Maybe<ResolversTypes['TokenUsage']>, ParentType, ContextType>;
  tokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  userId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  workflowId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type StepCountsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StepCounts'] = ResolversParentTypes['StepCounts']> = {
  cancelled: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  completed: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failed: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  pending: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  running: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  skipped: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  total: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  unknown: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type StepErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StepError'] = ResolversParentTypes['StepError']> = {
  code: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  raw: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  runUpdated?: SubscriptionResolver<ResolversTypes['Run'], "runUpdated", ParentType, ContextType, RequireFields<SubscriptionRunUpdatedArgs, 'id' | 'workflowId'>>;
  runsUpdated?: SubscriptionResolver<ReadonlyArray<ResolversTypes['Run']>, "runsUpdated", ParentType, ContextType, Partial<SubscriptionRunsUpdatedArgs>>;
};

export type TimelineResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Timeline'] = ResolversParentTypes['Timeline']> = {
  bars: Resolver<ReadonlyArray<ResolversTypes['TimelineBar']>, ParentType, ContextType>;
  durationMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  endedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  gaps: Resolver<ReadonlyArray<ResolversTypes['TimelineGap']>, ParentType, ContextType>;
  laneCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  startedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type TimelineBarResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineBar'] = ResolversParentTypes['TimelineBar']> = {
  durationMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  lane: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  offsetMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  offsetPercent: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  step: Resolver<ResolversTypes['Step'], ParentType, ContextType>;
  widthPercent: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type TimelineGapResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineGap'] = ResolversParentTypes['TimelineGap']> = {
  durationMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  offsetMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type TokenUsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenUsage'] = ResolversParentTypes['TokenUsage']> = {
  cachedInputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  inputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  model: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  outputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reasoningTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  source: Resolver<ResolversTypes['TokenSource'], ParentType, ContextType>;
  totalTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type ToolCallResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ToolCall'] = ResolversParentTypes['ToolCall']> = {
  arguments: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  name: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TrendBucketResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TrendBucket'] = ResolversParentTypes['TrendBucket']> = {
  endedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  failedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isComplete: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['NodeStatistics']>, ParentType, ContextType>;
  runCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  startedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  wallClockMs: Resolver<Maybe<ResolversTypes['Distribution']>, ParentType, ContextType>;
};

export type WorkflowResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Workflow'] = ResolversParentTypes['Workflow']> = {
  createdAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  description: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  failureGroups: Resolver<ReadonlyArray<ResolversTypes['FailureGroup']>, ParentType, ContextType, RequireFields<WorkflowFailureGroupsArgs, 'last'>>;
  graph: Resolver<Maybe<ResolversTypes['WorkflowGraph']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isPublic: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  name: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  organizationId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType, RequireFields<WorkflowRunArgs, 'id'>>;
  runs: Resolver<ResolversTypes['RunConnection'], ParentType, ContextType, RequireFields<WorkflowRunsArgs, 'first'>>;
  runsById: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType, RequireFields<WorkflowRunsByIdArgs, 'ids'>>;
  statistics: Resolver<ResolversTypes['WorkflowStatistics'], ParentType, ContextType, RequireFields<WorkflowStatisticsArgs, 'last'>>;
  status: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  trend: Resolver<ReadonlyArray<ResolversTypes['TrendBucket']>, ParentType, ContextType, RequireFields<WorkflowTrendArgs, 'buckets' | 'last'>>;
  updatedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  version: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type WorkflowConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowConnection'] = ResolversParentTypes['WorkflowConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['WorkflowConnectionEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Workflow']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type WorkflowConnectionEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowConnectionEdge'] = ResolversParentTypes['WorkflowConnectionEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['Workflow'], ParentType, ContextType>;
};

export type WorkflowEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowEdge'] = ResolversParentTypes['WorkflowEdge']> = {
  from: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  to: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type WorkflowGraphResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowGraph'] = ResolversParentTypes['WorkflowGraph']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['WorkflowEdge']>, ParentType, ContextType>;
  entry: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  finish: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['WorkflowNode']>, ParentType, ContextType>;
};

export type WorkflowNodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowNode'] = ResolversParentTypes['WorkflowNode']> = {
  description: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type WorkflowStatisticsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowStatistics'] = ResolversParentTypes['WorkflowStatistics']> = {
  completedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  finishedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['NodeStatistics']>, ParentType, ContextType>;
  runCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  successRate: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  wallClockMs: Resolver<Maybe<ResolversTypes['Distribution']>, ParentType, ContextType>;
};

export interface Link__ImportScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['link__Import'], any> {
  name: 'link__Import';
}

export type Resolvers<ContextType = Context> = {
  Conversation: ConversationResolvers<ContextType>;
  Cost: CostResolvers<ContextType>;
  CriticalPath: CriticalPathResolvers<ContextType>;
  DateTime: GraphQLScalarType;
  Distribution: DistributionResolvers<ContextType>;
  ExecuteWorkflowPayload: ExecuteWorkflowPayloadResolvers<ContextType>;
  FailureGroup: FailureGroupResolvers<ContextType>;
  FieldSet: GraphQLScalarType;
  Freshness: FreshnessResolvers<ContextType>;
  JSON: GraphQLScalarType;
  Message: MessageResolvers<ContextType>;
  ModelTokenUsage: ModelTokenUsageResolvers<ContextType>;
  Mutation: MutationResolvers<ContextType>;
  NodeComparison: NodeComparisonResolvers<ContextType>;
  NodeStatistics: NodeStatisticsResolvers<ContextType>;
  PageInfo: PageInfoResolvers<ContextType>;
  Progress: ProgressResolvers<ContextType>;
  Query: QueryResolvers<ContextType>;
  RecentRuns: RecentRunsResolvers<ContextType>;
  RepeatedNode: RepeatedNodeResolvers<ContextType>;
  Run: RunResolvers<ContextType>;
  RunComparison: RunComparisonResolvers<ContextType>;
  RunConnection: RunConnectionResolvers<ContextType>;
  RunEdge: RunEdgeResolvers<ContextType>;
  RunGap: RunGapResolvers<ContextType>;
  RunTiming: RunTimingResolvers<ContextType>;
  RunTokenUsage: RunTokenUsageResolvers<ContextType>;
  Step: StepResolvers<ContextType>;
  StepCounts: StepCountsResolvers<ContextType>;
  StepError: StepErrorResolvers<ContextType>;
  Subscription: SubscriptionResolvers<ContextType>;
  Timeline: TimelineResolvers<ContextType>;
  TimelineBar: TimelineBarResolvers<ContextType>;
  TimelineGap: TimelineGapResolvers<ContextType>;
  TokenUsage: TokenUsageResolvers<ContextType>;
  ToolCall: ToolCallResolvers<ContextType>;
  TrendBucket: TrendBucketResolvers<ContextType>;
  Workflow: WorkflowResolvers<ContextType>;
  WorkflowConnection: WorkflowConnectionResolvers<ContextType>;
  WorkflowConnectionEdge: WorkflowConnectionEdgeResolvers<ContextType>;
  WorkflowEdge: WorkflowEdgeResolvers<ContextType>;
  WorkflowGraph: WorkflowGraphResolvers<ContextType>;
  WorkflowNode: WorkflowNodeResolvers<ContextType>;
  WorkflowStatistics: WorkflowStatisticsResolvers<ContextType>;
  link__Import: GraphQLScalarType;
};

export type DirectiveResolvers<ContextType = Context> = {
  key: KeyDirectiveResolver<any, any, ContextType>;
  link: LinkDirectiveResolver<any, any, ContextType>;
  shareable: ShareableDirectiveResolver<any, any, ContextType>;
};
