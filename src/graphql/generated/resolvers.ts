import type { Timestamp } from '../../domain/timestamp.ts';
import type { JsonValue } from '../../domain/types.ts';
import type { AnsweredJson } from '../../domain/json-part.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { WorkflowRef, StatisticsOfRuns, StartedRun, FailureGroupInHistory, CommonInputOfWorkflow, CommonInputsOfGroup, ShiftOfWorkflow, ShiftsOfWorkflow, ExpectationOfRun, FoundFailureGroups, TrendBucketOfWorkflow, UsageBucketOfWorkflows, ChangePointOfWorkflow, WorkflowChanges, BaselineOfRun } from '../object-references.ts';
import type { WorkflowPage, RunPage, ListedRun, RecentRunsPage, PageInfo as PageInfoModel } from '../lists/connections.ts';
import type { RunRef, StepRef } from '../../upstream/client.ts';
import type { Distribution as DomainDistribution, NodeStatistics as DomainNodeStatistics } from '../../domain/workflow/statistics.ts';
import type { NodeShift as DomainNodeShift } from '../../domain/shifts/shifts.ts';
import type { NodeExpectation as DomainNodeExpectation } from '../../domain/run/expectation.ts';
import type { Run as DomainRun, WorkflowGraph as DomainWorkflowGraph, WorkflowNode as DomainWorkflowNode, GraphEdge as DomainGraphEdge, Step as DomainStep, Step as WaitingStep, StepCounts as DomainStepCounts, RunTiming as DomainRunTiming, Gap as DomainGap, Timeline as DomainTimeline, TimelineBar as DomainTimelineBar, CriticalPath as DomainCriticalPath, Progress as DomainProgress, RepeatedNode as DomainRepeatedNode, TokenCounts as DomainTokenCounts, RunTokenUsage as DomainRunTokenUsage, ModelTokenUsage as DomainModelTokenUsage, Freshness as DomainFreshness, StepError as DomainStepError, TokenUsage as DomainTokenUsage } from '../../domain/types.ts';
import type { UsageTrend as DomainUsageTrend, ModelUsageTrend as DomainModelUsageTrend } from '../../domain/workflow/usage-trend.ts';
import type { RunComparison as DomainRunComparison, NodeComparison as DomainNodeComparison } from '../../domain/run/comparison.ts';
import type { UpdatedRun } from '../subscriptions/run-events.ts';
import type { RunsChange } from '../../runs/live/runs-watch.ts';
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
   * Date and time as an RFC 3339 string, such as `2025-03-13T02:41:15.144470Z`, with up to microseconds.
   * An impossible time, such as February 30, is null.
   */
  DateTime: { input: Timestamp; output: Timestamp; }
  /** Selection of fields, as a string (federation). */
  FieldSet: { input: unknown; output: unknown; }
  /**
   * Any JSON value, passed on unchanged.
   * Integers beyond 2^53 are returned as strings with all digits, because JavaScript would round them.
   */
  JSON: { input: JsonValue; output: AnsweredJson; }
  /** Name imported from a federation specification. */
  link__Import: { input: unknown; output: unknown; }
};

/** Kind of an execution, compared with the previous execution of the same node. */
export type AttemptKind =
  /** First execution of the node in the run. */
  | 'FIRST'
  /** Loop or fan-out: repeats no failure. */
  | 'ITERATION'
  /**
   * Repeats a failure of the same node and item: the previous attempt, if attempts are numbered; otherwise the nearest with equal
   * inputs, or the previous one if none overlap and one has no inputs.
   */
  | 'RETRY';

/** Run to compare a failed run with. */
export type Baseline = {
  readonly __typename?: 'Baseline';
  /** Changes between this run and the first failure that may be the cause. Empty for BEFORE_FAILURES. */
  readonly changes: ReadonlyArray<ChangePoint>;
  /** Differences between this run, as the base, and the failed run. Null with an error if one of them cannot be loaded. */
  readonly comparison?: Maybe<RunComparison>;
  /** Why this run was chosen. */
  readonly reason: BaselineReason;
  /** The run. Null with an error if it cannot be loaded. */
  readonly run?: Maybe<Run>;
};

/** Why a run is the baseline of a failed run. */
export type BaselineReason =
  /** The newest completed run before the change that may have caused the failure. */
  | 'BEFORE_CHANGE'
  /** The newest completed run before the first examined failure of this kind. */
  | 'BEFORE_FAILURES';

/** Result of `cancelRun`. */
export type CancelRunPayload = {
  readonly __typename?: 'CancelRunPayload';
  /**
   * Run, as the upstream shows it after the call. It may take a moment to become CANCELLED.
   * If it cannot be loaded, its ids are still returned, and fields that need a call are null with an error.
   */
  readonly run?: Maybe<Run>;
};

/** Kind of a change between two runs. */
export type ChangeKind =
  /**
   * The workflow was changed between the two runs, by `Workflow.updatedAt`.
   * The upstream sends only the current version and graph, so earlier changes are unknown.
   */
  | 'GRAPH'
  /** Different model in the step's inputs, or in its outputs if the inputs don't name one. */
  | 'MODEL'
  /** Different parameters: temperature, limits, tools, response format, … */
  | 'PARAMETERS'
  /**
   * Different system or developer messages, or another template, compared by sentence.
   * Order, blanks, dates and sentences that are unique to each run are ignored.
   */
  | 'PROMPT';

/** Change between two successive runs of a workflow. */
export type ChangePoint = {
  readonly __typename?: 'ChangePoint';
  /**
   * Differing part after the change, about 300 characters at most: sentences, parameters, or the version
   * and new nodes of the graph. Null if there is none.
   */
  readonly after?: Maybe<Scalars['String']['output']>;
  /** Start of `run`. */
  readonly at: Scalars['DateTime']['output'];
  /**
   * Differing part before the change, about 300 characters at most: sentences, parameters, or nodes that
   * are no longer in the graph. Null if there is none.
   */
  readonly before?: Maybe<Scalars['String']['output']>;
  /** Kind of change. */
  readonly kind: ChangeKind;
  /** Node whose steps changed. Null for GRAPH. */
  readonly nodeId?: Maybe<Scalars['ID']['output']>;
  /** Last run before the change. Null with an error if it cannot be loaded. */
  readonly previousRun?: Maybe<Run>;
  /** First run after the change. Null with an error if it cannot be loaded. */
  readonly run?: Maybe<Run>;
};

/** Changes between runs, and the number of runs compared. */
export type ChangePoints = {
  readonly __typename?: 'ChangePoints';
  /** Changes, newest first, then by node id, then by kind. */
  readonly nodes: ReadonlyArray<ChangePoint>;
  /** Number of runs whose steps were compared. */
  readonly runsExamined: Scalars['Int']['output'];
  /** Number of runs whose steps could not be loaded. Errors other than limits of the operation are in `errors`. */
  readonly runsNotLoaded: Scalars['Int']['output'];
  /** Number of runs requested: `last`, or all runs of the workflow if there are fewer. */
  readonly runsRequested: Scalars['Int']['output'];
};

/** Fact about inputs that is more common in failed runs than in completed ones. */
export type CommonInput = {
  readonly __typename?: 'CommonInput';
  /** Number of completed runs with the fact. */
  readonly completedCount: Scalars['Int']['output'];
  /** Newest completed run with the fact. Null if none has it; with an error if it cannot be loaded. */
  readonly completedWith?: Maybe<Run>;
  /** Number of failed runs with the fact. */
  readonly failedCount: Scalars['Int']['output'];
  /** Newest failed run without the fact. Null if all have it; with an error if it cannot be loaded. */
  readonly failedWithout?: Maybe<Run>;
  /** Path below the inputs, such as `customer.region`. Names that aren't identifiers are quoted. */
  readonly path: Scalars['String']['output'];
  /** How the value is tested. */
  readonly test: InputTest;
  /** A sentence with counts, such as: `inputs.customer.region` is `eu` in 9 of 9 failed runs and in 3 of 84 completed runs. */
  readonly text: Scalars['String']['output'];
  /** Value compared with. Null for PRESENT and MISSING. */
  readonly value?: Maybe<Scalars['JSON']['output']>;
};

/** What the inputs of failed runs have in common that those of completed runs don't: an association, not necessarily the cause. */
export type CommonInputs = {
  readonly __typename?: 'CommonInputs';
  /** Number of completed runs compared: those that started between the first and the last failed run. */
  readonly completedRuns: Scalars['Int']['output'];
  /** Number of facts compared. Facts about the same runs count once. */
  readonly factsCompared: Scalars['Int']['output'];
  /** Number of failed runs compared: those of the group in the window whose inputs are an object. */
  readonly failedRuns: Scalars['Int']['output'];
  /** Strongest first, at most 3. Empty if nothing is certain enough. */
  readonly nodes: ReadonlyArray<CommonInput>;
};

/**
 * Messages to and from a model, without reasoning.
 * Images, audio and files are placeholders in the text, such as `[image: image/png, 12 kB]`.
 */
export type Conversation = {
  readonly __typename?: 'Conversation';
  /**
   * Why the model stopped, in the vendor's terms: `stop`, `length`, `tool_calls`, `end_turn`, `max_tokens`, `completed`, …
   * Null without an answer or a reason.
   */
  readonly finishReason?: Maybe<Scalars['String']['output']>;
  /** Messages in order, the model's answer last: at most the latest 200. */
  readonly messages: ReadonlyArray<Message>;
  /** Model name from the outputs, otherwise from the inputs. Null if neither names one. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** Number of earlier messages left out. */
  readonly omittedMessages: Scalars['Int']['output'];
};

/**
 * Estimated cost of model calls, by list prices. Not a bill.
 * A price applies to an exact model name. Cached and reasoning tokens count once.
 */
export type Cost = {
  readonly __typename?: 'Cost';
  /**
   * Cost of the priced steps. The sum is exact; only the result is rounded.
   * Null if steps report tokens but none is priced. 0 if no step reports tokens.
   */
  readonly amount?: Maybe<Scalars['Float']['output']>;
  /** Currency of the prices, as an ISO 4217 code: `USD`. */
  readonly currency: Scalars['String']['output'];
  /** Number of steps in `amount`. */
  readonly stepsPriced: Scalars['Int']['output'];
  /**
   * Number of steps that report tokens but are not in `amount`: their model is unnamed or unpriced,
   * or their input and output tokens are not both known, or are beyond 2^53.
   */
  readonly stepsUnpriced: Scalars['Int']['output'];
};

/** Chain of steps that determined the run's duration. */
export type CriticalPath = {
  readonly __typename?: 'CriticalPath';
  /** Time that these steps cover, excluding waits, in milliseconds. Overlaps count once. */
  readonly durationMs: Scalars['Float']['output'];
  /**
   * Whether the chain is a guess, because the graph is unknown or empty: each step then follows the one that ended last before it.
   * False if the chain follows the edges of the workflow's graph.
   */
  readonly isInferred: Scalars['Boolean']['output'];
  /**
   * Steps of the chain that have a start, first to last.
   * Along the graph, this is the chain of nodes whose executions take the most time.
   */
  readonly steps: ReadonlyArray<Step>;
};

/** Why a run failed, and what the runs before it say about it. */
export type Diagnosis = {
  readonly __typename?: 'Diagnosis';
  /** Same as `Run.baseline`. */
  readonly baseline?: Maybe<Baseline>;
  /** `suspectedChanges` of the group. Empty without a group. */
  readonly changes: ReadonlyArray<ChangePoint>;
  /** First of `failedSteps(latestAttemptOnly: true)`. Null if no step failed. */
  readonly failedStep?: Maybe<Step>;
  /** Runs up to this one that failed alike. Null if this run is too old to be among the latest runs. */
  readonly group?: Maybe<FailureGroup>;
  /** One line: `enrich` failed with KeyError: 'sku_v1'; new since 2026-11-30T09:55:00Z, in 4 of the 30 runs before it. */
  readonly headline: Scalars['String']['output'];
  /**
   * Markdown for a chat, an issue or a model: headline, error, how often, changes, workflow, node and error code, and links if
   * the gateway knows its public URL. Strings from the upstream are fenced.
   */
  readonly markdown: Scalars['String']['output'];
  /** Number of runs that the claims are based on. 1 if only this run could be examined. */
  readonly runsExamined: Scalars['Int']['output'];
  /**
   * How many of the runs before this one had the same failure: `4 of the 30 runs before it`, counting runs that finished since
   * `group.firstSeenAt`. Null if none did, or without a group.
   */
  readonly shareBefore?: Maybe<Scalars['String']['output']>;
  /** Workflow of the run. */
  readonly workflow: Workflow;
};


/** Why a run failed, and what the runs before it say about it. */
export type DiagnosisMarkdownArgs = {
  maxBytes?: Scalars['Int']['input'];
};

/** Distribution of values. Percentiles use the nearest rank, so each is one of the values. */
export type Distribution = {
  readonly __typename?: 'Distribution';
  /** Largest value. */
  readonly max: Scalars['Float']['output'];
  /** Median: 50 % of the values are at most this. */
  readonly p50: Scalars['Float']['output'];
  /** 95th percentile: 95 % of the values are at most this. */
  readonly p95: Scalars['Float']['output'];
};

/** Source of `Step.durationMs`. */
export type DurationSource =
  /** `elapsedTime`: whole seconds, rounded down. */
  | 'ELAPSED_SECONDS'
  /** Unfinished step: now (the time of the request) minus start, without waits. In a finished run: end of the run minus start. */
  | 'LIVE'
  /** Unknown: `durationMs` is null. */
  | 'NONE'
  /** End minus start, without waits, exact to the microsecond. */
  | 'TIMESTAMPS';

/** Result of `executeWorkflow`. */
export type ExecuteWorkflowPayload = {
  readonly __typename?: 'ExecuteWorkflowPayload';
  /** Message from the upstream, if any. */
  readonly message?: Maybe<Scalars['String']['output']>;
  /**
   * New run, without steps and with the status UNKNOWN until the upstream shows it.
   * If it cannot be loaded, its ids are still returned, and fields that need a call are null with an error.
   */
  readonly run?: Maybe<Run>;
};

/** Usual duration of a run, from earlier completed runs of its workflow. Percentiles use the nearest rank. */
export type Expectation = {
  readonly __typename?: 'Expectation';
  /**
   * Usual duration of each node, by node id, from the newest 20 runs of the sample.
   * Costs one upstream call per run without cached steps. A run whose steps cannot be loaded is left out.
   */
  readonly nodes?: Maybe<ReadonlyArray<NodeExpectation>>;
  /** Time beyond `p95Ms`, in milliseconds, at least 0, even for a finished run. Null if the run is WAITING or its time is unknown. */
  readonly overdueByMs?: Maybe<Scalars['Float']['output']>;
  /** Median of their wall-clock times, in milliseconds. */
  readonly p50Ms: Scalars['Float']['output'];
  /** 95th percentile of their wall-clock times, in milliseconds. */
  readonly p95Ms: Scalars['Float']['output'];
  /** Time left until `p50Ms`, in milliseconds, at least 0. Null if the run is finished, WAITING or not started. */
  readonly remainingMs?: Maybe<Scalars['Float']['output']>;
  /** Number of completed runs in the sample, 10 to 100. */
  readonly sampleSize: Scalars['Int']['output'];
};

/**
 * Failed runs of a workflow with the same failed node, error code and masked message.
 * The failed node of a run is that of the first of `failedSteps(latestAttemptOnly: true)`.
 */
export type FailureGroup = {
  readonly __typename?: 'FailureGroup';
  /** `count` divided by `finishedCount`, 0 to 1. Null if no start is known. */
  readonly affectedRate?: Maybe<Scalars['Float']['output']>;
  /** Error code, if any. */
  readonly code?: Maybe<Scalars['String']['output']>;
  /** What the inputs of the group's runs in the window have in common that those of completed runs don't. */
  readonly commonInputs?: Maybe<CommonInputs>;
  /** Number of runs in the group. */
  readonly count: Scalars['Int']['output'];
  /** Estimated cost of the group's runs. Null without configured prices. */
  readonly estimatedCost?: Maybe<Cost>;
  /** Number of finished runs in the window since `firstSeenAt`. Null if no start is known. */
  readonly finishedCount?: Maybe<Scalars['Int']['output']>;
  /** Start of the first examined run with this failure, possibly before the window. Null if no start is known. */
  readonly firstSeenAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * Whether no earlier run has this failure, checked over more runs than between any two failures of the group, or all older runs.
   * False if the failure may be older.
   */
  readonly firstSeenIsExact: Scalars['Boolean']['output'];
  /** Whether the state is NEW. */
  readonly isNew: Scalars['Boolean']['output'];
  /** Whether the state is RESOLVED. */
  readonly isResolved: Scalars['Boolean']['output'];
  /** Start of the last run in the group. Null if no start is known. */
  readonly lastSeenAt?: Maybe<Scalars['DateTime']['output']>;
  /** Error message of the latest run in the group, unchanged. Null without a message. */
  readonly latestMessage?: Maybe<Scalars['String']['output']>;
  /**
   * Error message with placeholders such as `<id>`, `<time>` and `<number>` for what varies between runs.
   * HTTP statuses and names stay. At most 500 characters. Null without a message.
   */
  readonly message?: Maybe<Scalars['String']['output']>;
  /** Id of the failed node. Null if no step failed: the error is then the run's. */
  readonly nodeId?: Maybe<Scalars['ID']['output']>;
  /** First failure after the gap. Null unless the state is RETURNED. */
  readonly returnedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Runs of the group, newest first. A run that cannot be loaded is null with an error. */
  readonly runs?: Maybe<ReadonlyArray<Maybe<Run>>>;
  /** Whether the failure is new, returned, ongoing or resolved. Judged by the look-back, independent of the window. */
  readonly state: FailureState;
  /**
   * Changes that may be the cause: those of one run, at most 20 finished runs before `returnedAt` or the first failure,
   * preferably of the failed node. Empty if the first failure is unknown.
   */
  readonly suspectedChanges: ReadonlyArray<ChangePoint>;
  /** Workflow of the runs. */
  readonly workflow: Workflow;
};


/**
 * Failed runs of a workflow with the same failed node, error code and masked message.
 * The failed node of a run is that of the first of `failedSteps(latestAttemptOnly: true)`.
 */
export type FailureGroupRunsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** Order of failure groups. Ties are sorted by COUNT, then by the most recent failure. */
export type FailureGroupOrder =
  /** `estimatedCost.amount`. Groups without it come last. */
  | 'COST'
  /** Number of runs. */
  | 'COUNT'
  /** New groups first, resolved ones last; each part by `count` times `affectedRate`. */
  | 'IMPACT'
  /** `lastSeenAt`. */
  | 'RECENT';

/** Failure groups, and how many runs could be examined. */
export type FailureGroups = {
  readonly __typename?: 'FailureGroups';
  /** False if the window may have more runs than `last`: these are the latest ones. */
  readonly isComplete: Scalars['Boolean']['output'];
  /** Groups, in the order of `orderBy`. */
  readonly nodes: ReadonlyArray<FailureGroup>;
  /** Number of runs in the window that are completed or unfinished, or whose failure is known. */
  readonly runsExamined: Scalars['Int']['output'];
  /** Number of runs, including ones before the window, whose steps could not be loaded: nothing is claimed about them. */
  readonly runsNotLoaded: Scalars['Int']['output'];
  /** Number of runs in the window, at most `last`. */
  readonly runsRequested: Scalars['Int']['output'];
};

/** State of a failure. */
export type FailureState =
  /**
   * No earlier run has the failure, checked over more finished runs than between any two of its failures: at least 20, or
   * at least one if the workflow doesn't have older runs.
   */
  | 'NEW'
  /** None of the other states. */
  | 'ONGOING'
  /** The node has completed since, in at least 3 runs and more than between any two failures. */
  | 'RESOLVED'
  /**
   * Came back after exactly one long gap: at least 20 finished runs, five times n + 1 for any other gap of n runs, and 3
   * completions of the node. There are at least two other gaps.
   */
  | 'RETURNED'
  /** Runs that would decide it could not be loaded. */
  | 'UNKNOWN';

/** Freshness of data. */
export type Freshness = {
  readonly __typename?: 'Freshness';
  /** Time when the oldest part was fetched from the upstream. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether the run is over and no value that this operation has read will change. */
  readonly isFinal: Scalars['Boolean']['output'];
  /** Whether the upstream is failing or unreachable, so this is its last good response. */
  readonly isStale: Scalars['Boolean']['output'];
  /** Reason, beginning with an error code, such as `UPSTREAM_TIMEOUT: …`. Null if not stale. */
  readonly staleReason?: Maybe<Scalars['String']['output']>;
};

/** Period within the run's timeline in which no step ran or waited. */
export type Gap = {
  readonly __typename?: 'Gap';
  /** Step whose end began the gap. Null if the gap precedes the first step. */
  readonly after?: Maybe<Step>;
  /** Step whose start ended the gap. Null if the gap follows the last step. */
  readonly before?: Maybe<Step>;
  /** Length, in milliseconds. */
  readonly durationMs: Scalars['Float']['output'];
  /** End. */
  readonly endedAt: Scalars['DateTime']['output'];
  /** Milliseconds from the left edge of the timeline to the start of the gap. */
  readonly offsetMs: Scalars['Float']['output'];
  /** Start. */
  readonly startedAt: Scalars['DateTime']['output'];
};

/** Edge between two nodes of a workflow. */
export type GraphEdge = {
  readonly __typename?: 'GraphEdge';
  /** Id of the preceding node. */
  readonly from: Scalars['ID']['output'];
  /** Id of the following node. */
  readonly to: Scalars['ID']['output'];
};

/** Condition on one value of a run's inputs. */
export type InputFilter = {
  /** Dotted names and indexes below the inputs, such as `customer.region` or `items[0].sku`. Quote other names: `"odd name".x`. */
  readonly path: Scalars['String']['input'];
  /** How the value is tested. */
  readonly test?: InputTest;
  /** Value to compare with: a string, number or boolean. AT_LEAST, BELOW and lengths need a number; omit it for PRESENT and MISSING. */
  readonly value?: InputMaybe<Scalars['JSON']['input']>;
};

/** Test of one value of a run's inputs. A null counts as missing. */
export type InputTest =
  /** A number at or above the value. */
  | 'AT_LEAST'
  /** A number below the value. */
  | 'BELOW'
  /** Equal to the value, with the same type. */
  | 'EQUALS'
  /** An array with at least this many items, or a string with at least this many UTF-16 code units. */
  | 'LENGTH_AT_LEAST'
  /** An array with fewer items, or a string with fewer UTF-16 code units. */
  | 'LENGTH_BELOW'
  /** No value, or null. */
  | 'MISSING'
  /** Any value but null. */
  | 'PRESENT';

/** Message of a conversation. */
export type Message = {
  readonly __typename?: 'Message';
  /** Text, at most 100,000 characters. Null without text, for example if the model only calls tools. */
  readonly content?: Maybe<Scalars['String']['output']>;
  /** Position in the conversation, from 0. Omitted messages count. */
  readonly index: Scalars['Int']['output'];
  /** Whether the message is from the step's outputs rather than its inputs. */
  readonly isOutput: Scalars['Boolean']['output'];
  /** Whether the model refused to answer. `content` has its reason, if it gave one. */
  readonly isRefusal: Scalars['Boolean']['output'];
  /** Whether a part is cut or left out because it is too long. `inputs` and `outputs` have everything. */
  readonly isTruncated: Scalars['Boolean']['output'];
  /** Role of the author, in the vendor's terms: `system`, `developer`, `user`, `assistant`, `tool`, … */
  readonly role: Scalars['String']['output'];
  /** `ToolCall.id` that this message answers. Null for other messages. */
  readonly toolCallId?: Maybe<Scalars['String']['output']>;
  /** Tool calls by the model, at most 100. */
  readonly toolCalls: ReadonlyArray<ToolCall>;
};

/** Tokens used by one model in a run. */
export type ModelTokenUsage = {
  readonly __typename?: 'ModelTokenUsage';
  /** Token counts. */
  readonly counts: TokenCounts;
  /** Model name from the outputs. Null for steps that don't name one. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** Number of steps that report tokens for this model. */
  readonly stepsReporting: Scalars['Int']['output'];
};

/** Tokens of one model in a time bucket, and their estimated cost. */
export type ModelUsageTrend = {
  readonly __typename?: 'ModelUsageTrend';
  /** Token counts. */
  readonly counts: TokenCounts;
  /** Estimated cost of these outputs. Null without configured prices. Records don't have `inputs.model`. */
  readonly estimatedCost?: Maybe<Cost>;
  /** Model name from the outputs. Null for outputs that don't name one. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** Number of outputs that report tokens for this model. */
  readonly stepsReporting: Scalars['Int']['output'];
};

/** Root of all mutations. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Cancels a run. CONFLICT if the run is over.
   * The upstream call is sent once. If its outcome is unknown, the error has `outcomeIsUnknown: true`.
   */
  readonly cancelRun?: Maybe<CancelRunPayload>;
  /**
   * Starts a run.
   * The upstream call is sent once and never repeated. If its outcome is unknown, the run may have started: the error has
   * `outcomeIsUnknown: true` and `retryable: false`.
   */
  readonly executeWorkflow?: Maybe<ExecuteWorkflowPayload>;
  /**
   * Answers a waiting step. CONFLICT if it isn't waiting.
   * The upstream call is sent once. If its outcome is unknown, the error has `outcomeIsUnknown: true`.
   */
  readonly resumeStep?: Maybe<ResumeStepPayload>;
};


/** Root of all mutations. */
export type MutationCancelRunArgs = {
  id: Scalars['ID']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  workflowId: Scalars['ID']['input'];
};


/** Root of all mutations. */
export type MutationExecuteWorkflowArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  inputs?: InputMaybe<Scalars['JSON']['input']>;
  workflowId: Scalars['ID']['input'];
};


/** Root of all mutations. */
export type MutationResumeStepArgs = {
  answer?: InputMaybe<Scalars['JSON']['input']>;
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  runId: Scalars['ID']['input'];
  stepId: Scalars['ID']['input'];
  workflowId: Scalars['ID']['input'];
};

/** Change of a node from the base run to the head run. */
export type NodeChange =
  /** Executed only in the head run. */
  | 'ADDED'
  /** Completed in the base run, failed in the head run. */
  | 'BROKE'
  /** Same status, but all attempts together take less time, by more than 100 ms and more than 10 % of the shorter time. */
  | 'FASTER'
  /** Failed in the base run, completed in the head run. */
  | 'FIXED'
  /** Executed only in the base run. */
  | 'REMOVED'
  /** Same status, but all attempts together take longer, by more than 100 ms and more than 10 % of the shorter time. */
  | 'SLOWER'
  /** Any other status change. */
  | 'STATUS_CHANGED'
  /** Same status, and neither SLOWER nor FASTER, or a time is unknown. */
  | 'UNCHANGED';

/** Change of one node. */
export type NodeComparison = {
  readonly __typename?: 'NodeComparison';
  /** Number of executions of the node in the base run, including retries and iterations. */
  readonly baseAttempts: Scalars['Int']['output'];
  /** Latest execution in the base run. Null if the node didn't run there. */
  readonly baseStep?: Maybe<Step>;
  /** Sum of `durationMs` over these executions in the base run. Null if there are none, or if a duration is unknown. */
  readonly baseTotalMs?: Maybe<Scalars['Float']['output']>;
  /** Kind of change. */
  readonly change: NodeChange;
  /** `headTotalMs` minus `baseTotalMs`. Null if either is unknown. */
  readonly durationDeltaMs?: Maybe<Scalars['Float']['output']>;
  /** Number of executions of the node in the head run, including retries and iterations. */
  readonly headAttempts: Scalars['Int']['output'];
  /** Latest execution in the head run. Null if the node didn't run there. */
  readonly headStep?: Maybe<Step>;
  /** Sum of `durationMs` over these executions in the head run. Null if there are none, or if a duration is unknown. */
  readonly headTotalMs?: Maybe<Scalars['Float']['output']>;
  /** Node id. */
  readonly nodeId: Scalars['ID']['output'];
};

/** Usual duration of a node, from its completed executions. */
export type NodeExpectation = {
  readonly __typename?: 'NodeExpectation';
  /** Node id. */
  readonly nodeId: Scalars['ID']['output'];
  /** Median of their durations, in milliseconds. */
  readonly p50Ms: Scalars['Float']['output'];
  /** 95th percentile of their durations, in milliseconds. */
  readonly p95Ms: Scalars['Float']['output'];
  /** Number of completed executions of known duration. */
  readonly sampleSize: Scalars['Int']['output'];
};

/** What a node took per run, before and after a shift. */
export type NodeShift = {
  readonly __typename?: 'NodeShift';
  /** Median after the shift. Null if the node reported nothing. */
  readonly after?: Maybe<Scalars['Float']['output']>;
  /** Median before the shift, in the unit of the shift. Null if the node reported nothing. */
  readonly before?: Maybe<Scalars['Float']['output']>;
  /** Node id. */
  readonly nodeId: Scalars['ID']['output'];
};

/** Statistics of one node over several runs. */
export type NodeStatistics = {
  readonly __typename?: 'NodeStatistics';
  /** Durations of finished executions, in milliseconds, except skipped ones. Null if none is known. */
  readonly durationMs?: Maybe<Distribution>;
  /** Number of executions. */
  readonly executionCount: Scalars['Int']['output'];
  /** Number of failed executions. */
  readonly failureCount: Scalars['Int']['output'];
  /** Node id. */
  readonly nodeId: Scalars['ID']['output'];
  /** Number of executions that retry a failed one. */
  readonly retryCount: Scalars['Int']['output'];
  /** Tokens used. Null if no execution reports them; null with NUMBER_OUT_OF_RANGE beyond `Int`. */
  readonly totalTokens?: Maybe<Scalars['Int']['output']>;
};

/** Sort direction. */
export type OrderDirection =
  /** Ascending: smallest, earliest or alphabetically first value first. */
  | 'ASC'
  /** Descending: largest, latest or alphabetically last value first. */
  | 'DESC';

/** Pagination info. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** Cursor for `after` to get the next page. Null if there is nothing to continue from. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /**
   * Whether more items may follow this page.
   * No page is fetched to check this: after a full page of the last runs, it may be true though the next page is empty.
   */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Whether `after` was given, so there are items before this page. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first item. Null on an empty page. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** Progress of a run, counted in nodes. */
export type Progress = {
  readonly __typename?: 'Progress';
  /** Number of nodes whose latest execution is finished. */
  readonly finished: Scalars['Int']['output'];
  /** False if the graph is unknown or empty: `total` may still grow. */
  readonly isTotalKnown: Scalars['Boolean']['output'];
  /**
   * Number of nodes: those that ran and, while the run is unfinished, those that the graph can still reach.
   * Without the graph, the nodes seen so far.
   */
  readonly total: Scalars['Int']['output'];
};

/** Root of all queries. */
export type Query = {
  readonly __typename?: 'Query';
  /**
   * Differences between two runs of a workflow.
   * Null with an error if one of them cannot be loaded: NOT_FOUND if it doesn't exist.
   */
  readonly compareRuns?: Maybe<RunComparison>;
  /**
   * Failed runs among the latest runs of several workflows, grouped by workflow and similar failure.
   * A workflow whose runs cannot be loaded is left out; its error has `extensions.workflowId`.
   */
  readonly failureGroups?: Maybe<FailureGroups>;
  /** Same as `run`, for Relay's `@refetchable`. */
  readonly fetch__Run?: Maybe<Run>;
  /** Same as `workflow`, for Relay's `@refetchable`. */
  readonly fetch__Workflow?: Maybe<Workflow>;
  /**
   * Unfinished runs that have taken longer than 95 % of earlier runs (`Run.expectation`), most overdue first.
   * Examines the latest 500 runs of each workflow, fewer above 16 workflows.
   */
  readonly overdueRuns?: Maybe<ReadonlyArray<Maybe<Run>>>;
  /**
   * Runs of several workflows, newest first; runs that haven't started come first.
   * With a filter, a page may have fewer runs than `first`, or none: continue with `pageInfo.endCursor`.
   */
  readonly recentRuns?: Maybe<RecentRunConnection>;
  /** Run by id. Null with a NOT_FOUND error if it doesn't exist or the caller may not see it. */
  readonly run?: Maybe<Run>;
  /**
   * Tokens and estimated cost of the runs of several workflows together, oldest bucket first.
   * A workflow whose runs cannot be loaded is left out; its error has `extensions.workflowId`.
   */
  readonly usage?: Maybe<ReadonlyArray<UsageBucket>>;
  /**
   * Workflow by id, without an upstream call: if it doesn't exist, its fields have NOT_FOUND errors.
   * An id has 1 to 512 bytes, without control characters and segments `.` or `..`.
   */
  readonly workflow?: Maybe<Workflow>;
  /** Workflows that the caller may see, in the upstream's order. */
  readonly workflows?: Maybe<WorkflowConnection>;
};


/** Root of all queries. */
export type QueryCompareRunsArgs = {
  baseId: Scalars['ID']['input'];
  headId: Scalars['ID']['input'];
  workflowId: Scalars['ID']['input'];
};


/** Root of all queries. */
export type QueryFailureGroupsArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: FailureGroupOrder;
  startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  workflowIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};


/** Root of all queries. */
export type QueryFetch__RunArgs = {
  fetchId: Scalars['ID']['input'];
};


/** Root of all queries. */
export type QueryFetch__WorkflowArgs = {
  id: Scalars['ID']['input'];
};


/** Root of all queries. */
export type QueryOverdueRunsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  workflowIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};


/** Root of all queries. */
export type QueryRecentRunsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RunFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  workflowIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};


/** Root of all queries. */
export type QueryRunArgs = {
  id: Scalars['ID']['input'];
  workflowId: Scalars['ID']['input'];
};


/** Root of all queries. */
export type QueryUsageArgs = {
  interval?: InputMaybe<TrendInterval>;
  last?: InputMaybe<Scalars['Int']['input']>;
  startedAfter: Scalars['DateTime']['input'];
  startedBefore: Scalars['DateTime']['input'];
  timeZone?: InputMaybe<Scalars['String']['input']>;
  workflowIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};


/** Root of all queries. */
export type QueryWorkflowArgs = {
  id: Scalars['ID']['input'];
};


/** Root of all queries. */
export type QueryWorkflowsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  search?: InputMaybe<Scalars['String']['input']>;
};

/** Page of runs of several workflows. */
export type RecentRunConnection = {
  readonly __typename?: 'RecentRunConnection';
  /** Runs of this page, each with its cursor. */
  readonly edges: ReadonlyArray<RunEdge>;
  /** Runs of this page. A run that cannot be loaded is null with an error. */
  readonly nodes: ReadonlyArray<Maybe<Run>>;
  /** Pagination info. */
  readonly pageInfo: PageInfo;
  /** Number of runs compared with the filter for this page, in all workflows; without a filter, the number of runs read. */
  readonly runsExamined: Scalars['Int']['output'];
  /**
   * Workflows whose runs could not be loaded for this page, by id.
   * Each has an error in `errors` that names it. The next page requests them again.
   */
  readonly unavailableWorkflows: ReadonlyArray<Workflow>;
};

/** Node that ran more than once in a run. */
export type RepeatedNode = {
  readonly __typename?: 'RepeatedNode';
  /** Executions, in order. */
  readonly attempts: ReadonlyArray<Step>;
  /** Node id. */
  readonly nodeId: Scalars['ID']['output'];
  /** Number of executions that retry a failed one. */
  readonly retryCount: Scalars['Int']['output'];
  /** Time of failed executions that were retried, in milliseconds. */
  readonly wastedMs: Scalars['Float']['output'];
};

/** Result of `resumeStep`. */
export type ResumeStepPayload = {
  readonly __typename?: 'ResumeStepPayload';
  /**
   * Run, as the upstream shows it after the call.
   * If it cannot be loaded, its ids are still returned, and fields that need a call are null with an error.
   */
  readonly run?: Maybe<Run>;
  /** Step, as the upstream shows it after the call. Null if the run no longer has it. */
  readonly step?: Maybe<Step>;
};

/**
 * Execution of a workflow, as of one clock reading. Null if its record cannot be loaded.
 * If its steps cannot be loaded, the fields that need them are null with that error.
 */
export type Run = {
  readonly __typename?: 'Run';
  /** Actions that the upstream offers, the caller may perform, and the run's state allows. */
  readonly availableActions: ReadonlyArray<RunAction>;
  /**
   * Run to compare a failed run with. Null if this run hasn't failed, or if there is no such run.
   * Null with an error if runs that it depends on cannot be loaded.
   */
  readonly baseline?: Maybe<Baseline>;
  /** Chain of steps that determined the run's duration: speed up one of them to speed up the run. */
  readonly criticalPath?: Maybe<CriticalPath>;
  /** What a colleague needs to know about a failed run. Null if this run hasn't failed. */
  readonly diagnosis?: Maybe<Diagnosis>;
  /**
   * End: from the run record, otherwise the latest end of a step. Null while unfinished.
   * The end of a step is `endTime`; if that is missing or before the start, `startTime` plus `elapsedTime`.
   */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * Error in the run record; steps have their own errors.
   * Null without a record or an error; `{}`, `[]`, `null` and blank are not errors.
   */
  readonly error?: Maybe<Scalars['String']['output']>;
  /** Error in the run record, parsed. Null without an error. */
  readonly errorInfo?: Maybe<StepError>;
  /**
   * Estimated cost of all steps, including failed executions.
   * Null without configured prices.
   */
  readonly estimatedCost?: Maybe<Cost>;
  /**
   * How long this run usually takes, from the completed ones among the 100 runs that started before it.
   * Null with fewer than 10 of them, or if this run isn't among the workflow's latest 500.
   */
  readonly expectation?: Maybe<Expectation>;
  /** Failed steps, by end, then by start: the first failure first. Steps without a known end come last. */
  readonly failedSteps?: Maybe<ReadonlyArray<Step>>;
  /** Opaque string for `Query.fetch__Run` that contains `workflowId` and `id`. */
  readonly fetchId: Scalars['ID']['output'];
  /** Failed step that ended first. Null if no step failed. */
  readonly firstFailedStep?: Maybe<Step>;
  /** Freshness of this data. */
  readonly freshness: Freshness;
  /** Id in the upstream. */
  readonly id: Scalars['ID']['output'];
  /** Input variables of the run. Without a run record, those of the first step that has them. Null if unknown. */
  readonly inputs?: Maybe<Scalars['JSON']['output']>;
  /**
   * Whether `status` is COMPLETED, FAILED or CANCELLED. Also true for UNKNOWN
   * if the record has an end, or if there is no record and the run has steps, all of them readable.
   */
  readonly isFinished: Scalars['Boolean']['output'];
  /** Whether part of `error`, `inputs` or `outputs` is replaced with `[redacted]`, because the caller may not read it. */
  readonly isRedacted?: Maybe<Scalars['Boolean']['output']>;
  /** Latest start or end that the upstream sent for the run or its steps. Null if none is known. */
  readonly lastActivityAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * Newest completed run that started before this run, among the workflow's latest 500.
   * Null if there is none, or if this run hasn't started.
   */
  readonly lastSuccessBefore?: Maybe<Run>;
  /** Outputs of the run, from its record: an object or a string. Null if not sent. */
  readonly outputs?: Maybe<Scalars['JSON']['output']>;
  /** Progress, counted in nodes. */
  readonly progress?: Maybe<Progress>;
  /** Status in the run record, unchanged. Null without a record. */
  readonly rawStatus?: Maybe<Scalars['String']['output']>;
  /** Rights that would each reveal more of what is `[redacted]`, including in steps. Empty if no right would. */
  readonly redactedUnless: ReadonlyArray<Scalars['String']['output']>;
  /** Nodes that ran more than once, by start of their first execution (or its end without a start). */
  readonly repeatedNodes?: Maybe<ReadonlyArray<RepeatedNode>>;
  /** Steps with the longest durations, longest first. Steps of unknown duration are left out. */
  readonly slowestSteps?: Maybe<ReadonlyArray<Step>>;
  /**
   * Start: from the run record, otherwise the earliest start of a step.
   * Null if nothing has started. Null for a PENDING record without a start, whatever its steps say.
   */
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
  /**
   * Status from the run record; without a record, inferred from the latest execution of each node.
   * UNKNOWN without steps, or if a step is unreadable.
   */
  readonly status: RunStatus;
  /**
   * Whether `status` is inferred from the steps, because there is no run record.
   * Finished steps don't prove that the run is over: the next one may not exist yet. See `freshness.isFinal`.
   */
  readonly statusIsInferred: Scalars['Boolean']['output'];
  /** Step by id. Null if the run doesn't have it. */
  readonly step?: Maybe<Step>;
  /** Number of steps by status. */
  readonly stepCounts?: Maybe<StepCounts>;
  /**
   * Steps, by start. Steps that haven't started may be missing.
   * An unreadable item is null at the end, with an error; other lists, counts and sums ignore it.
   */
  readonly steps?: Maybe<ReadonlyArray<Maybe<Step>>>;
  /** Steps laid out as bars, ready to draw. */
  readonly timeline?: Maybe<Timeline>;
  /** Time breakdown: busy, idle, wasted, parallel. */
  readonly timing?: Maybe<RunTiming>;
  /** Tokens used by all steps, including failed executions. */
  readonly tokenUsage?: Maybe<RunTokenUsage>;
  /**
   * Sum of `elapsedTime` over all steps, in seconds: work done, not time waited. Parallel steps count in full.
   * Null with NUMBER_OUT_OF_RANGE beyond `Int`.
   */
  readonly totalElapsedTime?: Maybe<Scalars['Int']['output']>;
  /**
   * URL of this run in the upstream's web UI. Null if the gateway isn't configured with a template.
   * The gateway doesn't check that the page exists.
   */
  readonly upstreamUrl?: Maybe<Scalars['String']['output']>;
  /**
   * Time from start to end, or to now while unfinished, in milliseconds. Null without a start.
   * In a list, steps are loaded only for runs whose record doesn't have both.
   */
  readonly wallClockMs?: Maybe<Scalars['Float']['output']>;
  /** Estimated cost of the failed executions that were retried, those of `timing.wastedMs`. Null without configured prices. */
  readonly wastedCost?: Maybe<Cost>;
  /** Workflow of this run. */
  readonly workflow: Workflow;
  /** Id of the workflow. */
  readonly workflowId: Scalars['ID']['output'];
};


/**
 * Execution of a workflow, as of one clock reading. Null if its record cannot be loaded.
 * If its steps cannot be loaded, the fields that need them are null with that error.
 */
export type RunFailedStepsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  latestAttemptOnly?: InputMaybe<Scalars['Boolean']['input']>;
};


/**
 * Execution of a workflow, as of one clock reading. Null if its record cannot be loaded.
 * If its steps cannot be loaded, the fields that need them are null with that error.
 */
export type RunInputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};


/**
 * Execution of a workflow, as of one clock reading. Null if its record cannot be loaded.
 * If its steps cannot be loaded, the fields that need them are null with that error.
 */
export type RunOutputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};


/**
 * Execution of a workflow, as of one clock reading. Null if its record cannot be loaded.
 * If its steps cannot be loaded, the fields that need them are null with that error.
 */
export type RunSlowestStepsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * Execution of a workflow, as of one clock reading. Null if its record cannot be loaded.
 * If its steps cannot be loaded, the fields that need them are null with that error.
 */
export type RunStepArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Execution of a workflow, as of one clock reading. Null if its record cannot be loaded.
 * If its steps cannot be loaded, the fields that need them are null with that error.
 */
export type RunStepsArgs = {
  filter?: InputMaybe<StepFilter>;
  orderBy?: InputMaybe<StepOrder>;
};

/** Action on a run. */
export type RunAction =
  /** `cancelRun`. */
  | 'CANCEL';

/** Differences between two runs. Every delta is head minus base: positive means more in the head run. */
export type RunComparison = {
  readonly __typename?: 'RunComparison';
  /** Base run. */
  readonly base?: Maybe<Run>;
  /** Difference in `totalElapsedTime`, in seconds. Null with NUMBER_OUT_OF_RANGE beyond `Int`. */
  readonly elapsedTimeDelta?: Maybe<Scalars['Int']['output']>;
  /** Head run. */
  readonly head?: Maybe<Run>;
  /**
   * Changes by node: the status of its latest execution, and the time of all. Sorted by change, BROKE and FIXED first,
   * UNCHANGED last; then by size of `durationDeltaMs`, then by node id.
   */
  readonly nodes: ReadonlyArray<NodeComparison>;
  /** Difference in total tokens. Null if either is unknown; null with NUMBER_OUT_OF_RANGE beyond `Int`. */
  readonly tokenDelta?: Maybe<Scalars['Int']['output']>;
  /** Difference in wall-clock time, in milliseconds. Null if either is unknown. */
  readonly wallClockDeltaMs?: Maybe<Scalars['Float']['output']>;
};

/** Page of runs. */
export type RunConnection = {
  readonly __typename?: 'RunConnection';
  /** Runs of this page, each with its cursor. */
  readonly edges: ReadonlyArray<RunEdge>;
  /** Runs of this page. A run that cannot be loaded is null with an error. */
  readonly nodes: ReadonlyArray<Maybe<Run>>;
  /** Pagination info. */
  readonly pageInfo: PageInfo;
  /** Number of runs compared with the filter for this page; without a filter, the number of runs read. */
  readonly runsExamined: Scalars['Int']['output'];
};

/** Run with its cursor. */
export type RunEdge = {
  readonly __typename?: 'RunEdge';
  /** Cursor of this run, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /**
   * First field of the run that matches `filter.search`: `id`, `error`, `steps.error`, `steps.nodeId`, or a path such as
   * `inputs.customer.id`. Null without a search. At most 300 characters.
   */
  readonly matchedIn?: Maybe<Scalars['String']['output']>;
  /** Run. Null with an error if it cannot be loaded. */
  readonly node?: Maybe<Run>;
};

/** Filter for runs. All given conditions must match. */
export type RunFilter = {
  /**
   * Substring of the run record's error, ignoring case. Runs without an error don't match.
   * 1 to 1000 characters, not only blanks. Only the first 16,384 characters of an error are compared.
   */
  readonly error?: InputMaybe<Scalars['String']['input']>;
  /** Conditions on the inputs, at most 10. All must hold. Doesn't load steps. */
  readonly inputs?: InputMaybe<ReadonlyArray<InputFilter>>;
  /** Minimum wall-clock time, in milliseconds; up to now for an unfinished run. Runs without a start don't match. */
  readonly minWallClockMs?: InputMaybe<Scalars['Float']['input']>;
  /**
   * Substring, ignoring case, of what a list shows of a run: id, error, strings and numbers in the inputs, failed nodes and errors
   * of cached steps. 1 to 1000 characters. Makes no extra calls.
   */
  readonly search?: InputMaybe<Scalars['String']['input']>;
  /** Started at this time or later. */
  readonly startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Started before this time. */
  readonly startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** Any of these statuses. */
  readonly status?: InputMaybe<ReadonlyArray<RunStatus>>;
};

/** Status of a run. */
export type RunStatus =
  /** Stopped before it completed. */
  | 'CANCELLED'
  /** Ended successfully. */
  | 'COMPLETED'
  /** Ended with an error. */
  | 'FAILED'
  /** Accepted, not started. */
  | 'PENDING'
  /** Not ended. */
  | 'RUNNING'
  /** Status unknown: there are no steps yet, a step is unreadable, or the status is unknown. */
  | 'UNKNOWN'
  /** Not ended: waiting for a person or an event. Without a record: some steps wait, and none runs. */
  | 'WAITING';

/** Time breakdown of a run, in milliseconds with fractions. */
export type RunTiming = {
  readonly __typename?: 'RunTiming';
  /** Time in which at least one step ran. */
  readonly busyMs: Scalars['Float']['output'];
  /**
   * Time in which no step ran or waited, at least 0. 0 without a wall-clock time.
   * May be less than `longestGap`, because steps outside the run's bounds count as busy.
   */
  readonly idleMs: Scalars['Float']['output'];
  /** `idleMs` as a share of `wallClockMs`, from 0 to 1. Null without a wall-clock time, or if it is 0. */
  readonly idleShare?: Maybe<Scalars['Float']['output']>;
  /** Longest of `timeline.gaps`, or the first of equally long ones. Null without gaps. */
  readonly longestGap?: Maybe<Gap>;
  /** Maximum number of concurrent steps. A step that ends when another starts doesn't overlap it. */
  readonly maxConcurrency: Scalars['Int']['output'];
  /**
   * Average number of parallel steps while any step ran: `totalDurationMs` divided by `busyMs`.
   * 1 means one after the other. Null if `busyMs` is 0.
   */
  readonly parallelism?: Maybe<Scalars['Float']['output']>;
  /** Sum of the steps' durations: the work done. Parallel steps each count in full. */
  readonly totalDurationMs: Scalars['Float']['output'];
  /** Time in which at least one step waited for a person or an event, even if another step ran. */
  readonly waitingMs: Scalars['Float']['output'];
  /** Time from the run's start to its end, or to now while unfinished. Null without a start. */
  readonly wallClockMs?: Maybe<Scalars['Float']['output']>;
  /** Time of failed executions that were retried. */
  readonly wastedMs: Scalars['Float']['output'];
};

/** Tokens used by a run: sums over the steps that report tokens. */
export type RunTokenUsage = {
  readonly __typename?: 'RunTokenUsage';
  /** Usage by model: most tokens first, then by name. */
  readonly byModel: ReadonlyArray<ModelTokenUsage>;
  /** Token counts. */
  readonly counts: TokenCounts;
  /** Number of steps that report tokens. */
  readonly stepsReporting: Scalars['Int']['output'];
};

/** State of a run, as an event of `runUpdated`. */
export type RunUpdate = {
  readonly __typename?: 'RunUpdate';
  /**
   * Steps that are new or have changed since this subscription's previous event, by start; all steps in the first event.
   * The passing of time isn't a change.
   */
  readonly changedSteps?: Maybe<ReadonlyArray<Step>>;
  /** Run. */
  readonly run: Run;
};

/** Changes of the runs of several workflows, as an event of `runsUpdated`. */
export type RunsUpdate = {
  readonly __typename?: 'RunsUpdate';
  /** New and changed runs, newest first. A run that cannot be loaded is left out, with its error in `errors`. */
  readonly runs: ReadonlyArray<Run>;
  /** Workflows whose runs could never be read. Each has an error in `errors` that names it. */
  readonly unavailableWorkflows: ReadonlyArray<Workflow>;
};

/** Sudden and lasting change in what completed runs take. */
export type Shift = {
  readonly __typename?: 'Shift';
  /** Median after, up to a later shift, in the same unit. */
  readonly after: Scalars['Float']['output'];
  /** Median before, back to an earlier shift: milliseconds, US dollars or tokens. */
  readonly before: Scalars['Float']['output'];
  /** What changed. */
  readonly metric: ShiftMetric;
  /** Medians of each node over ten runs on each side, largest difference first. Costs one call per run without cached steps. */
  readonly nodes?: Maybe<ReadonlyArray<NodeShift>>;
  /** Last run before the shift. Null with an error if it cannot be loaded. */
  readonly previousRun?: Maybe<Run>;
  /** First run after the shift. Null with an error if it cannot be loaded. */
  readonly run?: Maybe<Run>;
  /** Start of `run`. */
  readonly since: Scalars['DateTime']['output'];
  /** Changes at or shortly before `since`, selected as for failure groups. Loads the steps of runs around it. */
  readonly suspectedChanges: ReadonlyArray<ChangePoint>;
};

/** What a shift measures. */
export type ShiftMetric =
  /** Cost of a run from its record, in US dollars. Runs with an unpriced step don't count. */
  | 'COST'
  /** Wall-clock time of a run, in milliseconds. */
  | 'DURATION'
  /** Tokens of a run from its record. */
  | 'TOKENS';

/** When a workflow became slower, faster, more expensive or cheaper. */
export type Shifts = {
  readonly __typename?: 'Shifts';
  /** Newest first, at most three per metric. */
  readonly nodes: ReadonlyArray<Shift>;
  /** Number of completed runs compared. */
  readonly runsExamined: Scalars['Int']['output'];
  /** Number of runs requested: `last`, or all runs of the workflow if there are fewer. */
  readonly runsRequested: Scalars['Int']['output'];
};

/** Execution of a node. */
export type Step = {
  readonly __typename?: 'Step';
  /**
   * Number of this execution among those of its node, from 1, by start.
   * An execution without a start is sorted by its end; without both, it is last.
   */
  readonly attempt: Scalars['Int']['output'];
  /** Number of executions of the node in the run. */
  readonly attemptCount: Scalars['Int']['output'];
  /** Kind of this execution: first, retry or iteration. */
  readonly attemptKind: AttemptKind;
  /** Actions that the upstream offers, the caller may perform, and the step's state allows. */
  readonly availableActions: ReadonlyArray<StepAction>;
  /**
   * Whether the times are impossible: the end is before the start, or a running step starts in the future.
   * `durationMs` then comes from `elapsedTime`.
   */
  readonly clockSkewDetected: Scalars['Boolean']['output'];
  /**
   * Messages to and from a model, read from `inputs` and `outputs`.
   * Formats: OpenAI chat completions and responses, Anthropic messages, and stored event streams of these. Null for any other
   * format.
   */
  readonly conversation?: Maybe<Conversation>;
  /**
   * Duration without `waitingMs`, in milliseconds, never negative; up to now, or to the run's end, for an unfinished step.
   * Null if unknown. `durationSource` says where it comes from.
   */
  readonly durationMs?: Maybe<Scalars['Float']['output']>;
  /** Source of `durationMs`. */
  readonly durationSource: DurationSource;
  /**
   * Duration in seconds, rounded down by the upstream: 2 for 2.2 s, 0 for 0.9 s. `durationMs` is exact.
   * Null if unknown; null with NUMBER_OUT_OF_RANGE beyond `Int`.
   */
  readonly elapsedTime?: Maybe<Scalars['Int']['output']>;
  /** End. Null if not ended, or if the upstream didn't send a valid time. */
  readonly endTime?: Maybe<Scalars['DateTime']['output']>;
  /**
   * Error from the upstream; serialized JSON if it sent an object. A completed step may have an error.
   * Null without an error; `{}`, `[]`, `null` and blank are not errors.
   */
  readonly error?: Maybe<Scalars['String']['output']>;
  /** Error, parsed. Null without an error. */
  readonly errorInfo?: Maybe<StepError>;
  /**
   * Estimated cost of the tokens.
   * Null without configured prices, or if the step reports no tokens.
   */
  readonly estimatedCost?: Maybe<Cost>;
  /**
   * Idle time before the step, in milliseconds: since the latest end of earlier steps; 0 if one was still running or waiting.
   * Null without a start, or if it is more than a day outside the run.
   */
  readonly gapBeforeMs?: Maybe<Scalars['Float']['output']>;
  /** Id in the upstream. */
  readonly id: Scalars['ID']['output'];
  /** Inputs of the node. Null if not sent. */
  readonly inputs?: Maybe<Scalars['JSON']['output']>;
  /** Size of `inputs` in bytes, as JSON without whitespace; 0 without inputs. Check it before you load a large payload. */
  readonly inputsSizeBytes: Scalars['Int']['output'];
  /** Whether the step is completed, failed, canceled or skipped, or has an unknown status and an end. */
  readonly isFinished: Scalars['Boolean']['output'];
  /**
   * Whether this execution decides the node's state. Among those that no retry repeats, it is the last unfinished one while the
   * run isn't over, otherwise the last failed one, otherwise the last.
   */
  readonly isLatest: Scalars['Boolean']['output'];
  /** Whether part of `error`, `inputs`, `outputs`, `metadata` or `waitingFor` is replaced with `[redacted]`, because the caller may not read it. */
  readonly isRedacted: Scalars['Boolean']['output'];
  /**
   * Number of this attempt at its item, from 1: as the upstream sends it, otherwise one more than that of `previousAttempt`.
   * Null with NUMBER_OUT_OF_RANGE beyond `Int`.
   */
  readonly itemAttempt?: Maybe<Scalars['Int']['output']>;
  /** Item of a fan-out that the step ran for. Null if not sent. */
  readonly itemKey?: Maybe<Scalars['String']['output']>;
  /** Additional data about this step. Null if not sent. */
  readonly metadata?: Maybe<Scalars['JSON']['output']>;
  /** Node in the workflow's graph. Null if it isn't there. */
  readonly node?: Maybe<WorkflowNode>;
  /** Id of the executed node. A run may execute a node more than once. */
  readonly nodeId: Scalars['ID']['output'];
  /**
   * Milliseconds from the left edge of the run's `timeline` to the start of the step.
   * Null without a start, or if it is more than a day outside the run.
   */
  readonly offsetMs?: Maybe<Scalars['Float']['output']>;
  /** Id of the organization that owns the workflow. Null if not sent. */
  readonly organizationId?: Maybe<Scalars['ID']['output']>;
  /** Outputs of the node. Null before there are any, or if not sent. */
  readonly outputs?: Maybe<Scalars['JSON']['output']>;
  /** Size of `outputs` in bytes, as JSON without whitespace; 0 without outputs. */
  readonly outputsSizeBytes: Scalars['Int']['output'];
  /** Failed execution that this one repeats. Null for FIRST and ITERATION. */
  readonly previousAttempt?: Maybe<Step>;
  /** Status from the upstream, unchanged. Empty if not sent. */
  readonly rawStatus: Scalars['String']['output'];
  /** Id of the run. */
  readonly runId: Scalars['ID']['output'];
  /**
   * `durationMs` divided by the run's `wallClockMs`, 0 to 1. Shares of parallel steps add up to more than 1.
   * Null if either is null, or `wallClockMs` is 0.
   */
  readonly shareOfRun?: Maybe<Scalars['Float']['output']>;
  /** Start. Null if not started, or if the upstream didn't send a valid time. */
  readonly startTime?: Maybe<Scalars['DateTime']['output']>;
  /** Status. */
  readonly status: StepStatus;
  /** Tokens used. Null if not reported. */
  readonly tokenUsage?: Maybe<TokenUsage>;
  /**
   * Tokens as the upstream counts them: currently always 0. Use `tokenUsage` for the actual count.
   * Null if unknown; null with NUMBER_OUT_OF_RANGE beyond `Int`.
   */
  readonly tokens?: Maybe<Scalars['Int']['output']>;
  /** Id of the user who started the run. Null if not sent. */
  readonly userId?: Maybe<Scalars['ID']['output']>;
  /** What the step asks for. Null unless it is WAITING. */
  readonly waitingFor?: Maybe<WaitRequest>;
  /**
   * Time between start and end (or now) in which the step waited for a person or an event, in milliseconds.
   * 0 if it didn't wait, or if start or end is unknown.
   */
  readonly waitingMs: Scalars['Float']['output'];
  /**
   * Start of the current wait: as the upstream reports it, otherwise the end of the last wait or the start of the step.
   * Null unless the step is WAITING.
   */
  readonly waitingSince?: Maybe<Scalars['DateTime']['output']>;
  /** Id of the workflow. */
  readonly workflowId: Scalars['ID']['output'];
};


/** Execution of a node. */
export type StepInputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};


/** Execution of a node. */
export type StepOutputsArgs = {
  path?: InputMaybe<Scalars['String']['input']>;
};

/** Action on a step. */
export type StepAction =
  /** `resumeStep`. */
  | 'RESUME';

/** Number of steps, in total and by status. */
export type StepCounts = {
  readonly __typename?: 'StepCounts';
  /** Cancelled steps. */
  readonly cancelled: Scalars['Int']['output'];
  /** Completed steps. */
  readonly completed: Scalars['Int']['output'];
  /** Failed steps. */
  readonly failed: Scalars['Int']['output'];
  /** Steps that have not started. */
  readonly pending: Scalars['Int']['output'];
  /** Steps that have started and not ended. */
  readonly running: Scalars['Int']['output'];
  /** Skipped steps. */
  readonly skipped: Scalars['Int']['output'];
  /** All steps: the sum of the other counts. */
  readonly total: Scalars['Int']['output'];
  /** Steps of unknown status. */
  readonly unknown: Scalars['Int']['output'];
  /** Steps that wait for a person or an event. */
  readonly waiting: Scalars['Int']['output'];
};

/** Parsed error. The usual fields are read from JSON; otherwise the whole error is the message. */
export type StepError = {
  readonly __typename?: 'StepError';
  /** Error code, if the error names one. */
  readonly code?: Maybe<Scalars['String']['output']>;
  /** Message. Never empty. */
  readonly message: Scalars['String']['output'];
  /** Full error from the upstream. */
  readonly raw: Scalars['String']['output'];
  /** Type of error, if the error names one. */
  readonly type?: Maybe<Scalars['String']['output']>;
};

/** Filter for steps. All given conditions must match. */
export type StepFilter = {
  /** Only failed steps. */
  readonly failedOnly?: InputMaybe<Scalars['Boolean']['input']>;
  /** Any of these node ids. */
  readonly nodeId?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** Any of these statuses. */
  readonly status?: InputMaybe<ReadonlyArray<StepStatus>>;
};

/** Sort order of steps. Ties are sorted by start, then in the upstream's order. */
export type StepOrder = {
  /** Sort direction. */
  readonly direction?: OrderDirection;
  /** Sort key. */
  readonly field: StepOrderField;
};

/** Sort key for steps. Steps without a value come last in either direction. */
export type StepOrderField =
  /** `estimatedCost.amount`. Null for all steps if the gateway isn't configured with prices. */
  | 'COST'
  /** `durationMs`. */
  | 'DURATION'
  /** Node id, alphabetically. */
  | 'NODE_ID'
  /** Start. */
  | 'START_TIME'
  /** `tokenUsage.counts.totalTokens`. */
  | 'TOKENS';

/** Status of a step. */
export type StepStatus =
  /** Stopped before it completed. */
  | 'CANCELLED'
  /** Ended successfully. */
  | 'COMPLETED'
  /** Ended with an error or a timeout. */
  | 'FAILED'
  /** Not started. */
  | 'PENDING'
  /** Started, not ended. */
  | 'RUNNING'
  /** Not executed: the workflow took another branch. */
  | 'SKIPPED'
  /** Unknown status; see `rawStatus`. */
  | 'UNKNOWN'
  /** Waiting for a person or an event. `waitingSince` is the start of the wait. */
  | 'WAITING';

/** Root of all subscriptions, over graphql-ws at `/graphql` and graphql-sse at `/graphql/stream`. */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * Live state of a run: the current state, then one event per change, until the final one.
   * A missing run or a rejected key ends it. A slow reader skips states, never the latest one.
   */
  readonly runUpdated: RunUpdate;
  /**
   * Live runs of several workflows: the newest 20 and the unfinished ones of each, then every change.
   * A slow reader skips states, never a run. A rejected key ends the subscription.
   */
  readonly runsUpdated: RunsUpdate;
};


/** Root of all subscriptions, over graphql-ws at `/graphql` and graphql-sse at `/graphql/stream`. */
export type SubscriptionRunUpdatedArgs = {
  id: Scalars['ID']['input'];
  workflowId: Scalars['ID']['input'];
};


/** Root of all subscriptions, over graphql-ws at `/graphql` and graphql-sse at `/graphql/stream`. */
export type SubscriptionRunsUpdatedArgs = {
  workflowIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};

/**
 * Steps laid out as bars in as few lanes as possible, from the run's start to its end or to now.
 * A step that starts more than a day outside has a wrong clock and is left out.
 */
export type Timeline = {
  readonly __typename?: 'Timeline';
  /** Bars, by start. Steps without a start, or that start more than a day outside the run, are left out. */
  readonly bars: ReadonlyArray<TimelineBar>;
  /** Length from edge to edge, in milliseconds. Null if nothing has started. */
  readonly durationMs?: Maybe<Scalars['Float']['output']>;
  /** Right edge. Null if nothing has started. */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Periods in which no step ran, in order. A chart may collapse the long ones. */
  readonly gaps: ReadonlyArray<Gap>;
  /** Number of lanes. */
  readonly laneCount: Scalars['Int']['output'];
  /** Left edge. Null if nothing has started. */
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** Step on the timeline. */
export type TimelineBar = {
  readonly __typename?: 'TimelineBar';
  /** Length of the bar: `durationMs` of the step and its `waitingMs`. 0 if unknown. */
  readonly durationMs: Scalars['Float']['output'];
  /** Lane, from 0. */
  readonly lane: Scalars['Int']['output'];
  /** Milliseconds from the left edge of the timeline to the start of the step. */
  readonly offsetMs: Scalars['Float']['output'];
  /** Left edge of the bar in percent of the timeline, always 0 to 100. 0 for a timeline without length. */
  readonly offsetPercent: Scalars['Float']['output'];
  /** Step. */
  readonly step: Step;
  /** Width of the bar in percent of the timeline. At most 100 together with `offsetPercent`. */
  readonly widthPercent: Scalars['Float']['output'];
};

/** Token counts. Null if not reported, 0 if none were used, and null with NUMBER_OUT_OF_RANGE beyond `Int`. */
export type TokenCounts = {
  readonly __typename?: 'TokenCounts';
  /** Input tokens read from a model's cache, included in `inputTokens`. */
  readonly cachedInputTokens?: Maybe<Scalars['Int']['output']>;
  /** Input (prompt) tokens. */
  readonly inputTokens?: Maybe<Scalars['Int']['output']>;
  /** Output (completion) tokens. */
  readonly outputTokens?: Maybe<Scalars['Int']['output']>;
  /** Output tokens for reasoning, included in `outputTokens`. */
  readonly reasoningTokens?: Maybe<Scalars['Int']['output']>;
  /** All tokens. */
  readonly totalTokens?: Maybe<Scalars['Int']['output']>;
};

/** Source of a token count. */
export type TokenSource =
  /** The `usage` object in the step's outputs, or in an event stream stored there. */
  | 'OUTPUTS'
  /** The upstream's own count, `Step.tokens`. */
  | 'UPSTREAM';

/** Tokens used by a step. */
export type TokenUsage = {
  readonly __typename?: 'TokenUsage';
  /** Token counts. */
  readonly counts: TokenCounts;
  /** Model name from the outputs. Null if they don't name one. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** Source of `counts.totalTokens`. */
  readonly source: TokenSource;
};

/** A model's request to call a tool. */
export type ToolCall = {
  readonly __typename?: 'ToolCall';
  /** Arguments, usually JSON, but a model may write anything. At most 100,000 characters. */
  readonly arguments?: Maybe<Scalars['String']['output']>;
  /** Id, repeated by the message that answers the call. */
  readonly id?: Maybe<Scalars['String']['output']>;
  /** Tool name. */
  readonly name?: Maybe<Scalars['String']['output']>;
};

/** Time bucket of a trend, with the runs that started in it. */
export type TrendBucket = {
  readonly __typename?: 'TrendBucket';
  /** The preceding period of the same length, as one bucket. Null with an error if it cannot be read. */
  readonly before?: Maybe<TrendBucket>;
  /** End of the bucket, exclusive; inclusive for the last bucket of equal length. */
  readonly endedAt: Scalars['DateTime']['output'];
  /** Number of failed runs. */
  readonly failedCount: Scalars['Int']['output'];
  /**
   * False if runs may be missing because the bucket reaches further back than the latest `last` runs,
   * or, with `interval`, outside `startedAfter`, `startedBefore` or now.
   */
  readonly isComplete: Scalars['Boolean']['output'];
  /**
   * Statistics of each node, by node id.
   * Costs one upstream call per run without cached steps, within the operation's budget.
   * Runs whose steps the upstream has deleted are left out.
   */
  readonly nodes?: Maybe<ReadonlyArray<NodeStatistics>>;
  /** Number of examined runs that started in the bucket. */
  readonly runCount: Scalars['Int']['output'];
  /** Start of the bucket, inclusive. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** Tokens and estimated cost of the runs, from their records. Null if all runs were read and none reports tokens. */
  readonly usage?: Maybe<UsageTrend>;
  /** Time from start to end of finished runs, in milliseconds, from their records. Null if no record has both. */
  readonly wallClockMs?: Maybe<Distribution>;
};


/** Time bucket of a trend, with the runs that started in it. */
export type TrendBucketUsageArgs = {
  loadSteps?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Calendar unit that a bucket covers. */
export type TrendInterval =
  /** Day, from its beginning, usually midnight. */
  | 'DAY'
  /** Hour, from the full hour in the time zone. */
  | 'HOUR'
  /** Week, from Monday. */
  | 'WEEK';

/** Time bucket with the runs of several workflows that started in it. */
export type UsageBucket = {
  readonly __typename?: 'UsageBucket';
  /** The preceding period of the same length, as one bucket. Null if no workflow can be read. */
  readonly before?: Maybe<UsageBucket>;
  /** The same by workflow, in the order of `workflowIds`. Workflows without runs in the bucket are left out. */
  readonly byWorkflow: ReadonlyArray<WorkflowUsage>;
  /** End of the bucket, exclusive. */
  readonly endedAt: Scalars['DateTime']['output'];
  /** Number of failed runs. */
  readonly failedCount: Scalars['Int']['output'];
  /** False if `TrendBucket.isComplete` is false for one of the workflows. */
  readonly isComplete: Scalars['Boolean']['output'];
  /** Number of examined runs that started in the bucket. */
  readonly runCount: Scalars['Int']['output'];
  /** Start of the bucket, inclusive. */
  readonly startedAt: Scalars['DateTime']['output'];
  /**
   * Tokens and estimated cost of the runs, from their records. Null if all runs were read and none reports tokens.
   * In one operation, sums over buckets and over workflows agree.
   */
  readonly usage?: Maybe<UsageTrend>;
};


/** Time bucket with the runs of several workflows that started in it. */
export type UsageBucketUsageArgs = {
  loadSteps?: InputMaybe<Scalars['Boolean']['input']>;
};

/**
 * Tokens used by the runs of a time bucket, and their estimated cost.
 * A record has the last output of each node, so failed executions and earlier iterations are missing. Steps include them.
 */
export type UsageTrend = {
  readonly __typename?: 'UsageTrend';
  /** Usage by model: most tokens first, then by name. */
  readonly byModel: ReadonlyArray<ModelUsageTrend>;
  /** Token counts. */
  readonly counts: TokenCounts;
  /**
   * Estimated cost of these outputs. `stepsUnpriced` is the number of outputs without a price.
   * Null without configured prices.
   */
  readonly estimatedCost?: Maybe<Cost>;
  /** Part of `estimatedCost` that failed runs caused. Null without configured prices. */
  readonly failedCost?: Maybe<Cost>;
  /** Number of runs whose record reports no tokens, but whose steps do: 0 without `loadSteps`. */
  readonly runsFromSteps: Scalars['Int']['output'];
  /**
   * Number of runs whose steps are missing from the sums: beyond the operation's limits, or unreadable. The next operation
   * gets further. 0 without `loadSteps`.
   */
  readonly runsNotLoaded: Scalars['Int']['output'];
  /** Number of runs without tokens, in their record and, with `loadSteps`, their steps. */
  readonly runsNotReporting: Scalars['Int']['output'];
  /** Number of runs whose record reports tokens. The four numbers of runs add up to `runCount`. */
  readonly runsReporting: Scalars['Int']['output'];
  /** Number of outputs that report tokens. */
  readonly stepsReporting: Scalars['Int']['output'];
};

/** Request of a waiting step, as the upstream sends it. */
export type WaitRequest = {
  readonly __typename?: 'WaitRequest';
  /** JSON Schema of the answer. Null if not sent. The gateway doesn't check answers against it. */
  readonly answerSchema?: Maybe<Scalars['JSON']['output']>;
  /** Data to decide on. Null if not sent. */
  readonly data?: Maybe<Scalars['JSON']['output']>;
  /** Question, or name of the event. Null if not sent. */
  readonly message?: Maybe<Scalars['String']['output']>;
};

/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type Workflow = {
  readonly __typename?: 'Workflow';
  /**
   * Changes between the latest runs: of the workflow, and of models, prompts and parameters in its steps.
   * The newest runs are loaded first; runs beyond the operation's limits aren't examined.
   */
  readonly changePoints?: Maybe<ChangePoints>;
  /** Creation time. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** Description of the workflow by its author. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** Failed runs among the latest runs, grouped by similar failure. */
  readonly failureGroups?: Maybe<FailureGroups>;
  /** Nodes and edges. Null if not sent. */
  readonly graph?: Maybe<WorkflowGraph>;
  /** Id in the upstream. */
  readonly id: Scalars['ID']['output'];
  /** Whether the workflow is visible outside its organization. */
  readonly isPublic?: Maybe<Scalars['Boolean']['output']>;
  /** Whether this caller may start runs of the workflow. A response with this field isn't cached. */
  readonly mayExecute: Scalars['Boolean']['output'];
  /** Display name. */
  readonly name?: Maybe<Scalars['String']['output']>;
  /** Id of the organization that owns the workflow. */
  readonly organizationId?: Maybe<Scalars['ID']['output']>;
  /** Run of this workflow by id. Null with a NOT_FOUND error if it doesn't exist. */
  readonly run?: Maybe<Run>;
  /**
   * Runs, newest first. Cursors are stable: new runs don't shift pages.
   * With a filter, a page may have fewer runs than `first`, or none: continue with `pageInfo.endCursor`.
   */
  readonly runs?: Maybe<RunConnection>;
  /**
   * Several runs by id, in the order of the ids, at most 100.
   * A run that cannot be loaded is null with an error.
   */
  readonly runsById?: Maybe<ReadonlyArray<Maybe<Run>>>;
  /**
   * When completed runs became slower, faster, more expensive or cheaper. In a window of 200 runs, a shift shows from about
   * the 18th run after it. Costs one upstream call per 100 runs.
   */
  readonly shifts?: Maybe<Shifts>;
  /** Statistics of the latest runs. */
  readonly statistics?: Maybe<WorkflowStatistics>;
  /** Status from the upstream, such as `active`. */
  readonly status?: Maybe<Scalars['String']['output']>;
  /**
   * Latest runs over time, in equal buckets or calendar units (`interval`), oldest first.
   * Covers the earliest to the latest start, or the given bounds. Empty without runs, unless both bounds are given.
   */
  readonly trend?: Maybe<ReadonlyArray<TrendBucket>>;
  /** Time of the last change. */
  readonly updatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Id of the user who made the last change. Null if not sent. */
  readonly updatedBy?: Maybe<Scalars['ID']['output']>;
  /**
   * URL of this workflow in the upstream's web UI. Null if the gateway isn't configured with a template.
   * The gateway doesn't check that the page exists.
   */
  readonly upstreamUrl?: Maybe<Scalars['String']['output']>;
  /** Version. */
  readonly version?: Maybe<Scalars['String']['output']>;
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowChangePointsArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowFailureGroupsArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: FailureGroupOrder;
  startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowRunArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowRunsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RunFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowRunsByIdArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowShiftsArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowStatisticsArgs = {
  last?: InputMaybe<Scalars['Int']['input']>;
  startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
};


/**
 * Graph of nodes that can be run.
 * Fields from the upstream's list of workflows are null if not sent, and null with NOT_FOUND if the list doesn't include the workflow.
 */
export type WorkflowTrendArgs = {
  buckets?: InputMaybe<Scalars['Int']['input']>;
  interval?: InputMaybe<TrendInterval>;
  last?: InputMaybe<Scalars['Int']['input']>;
  startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** Page of workflows. */
export type WorkflowConnection = {
  readonly __typename?: 'WorkflowConnection';
  /** Workflows of this page, each with its cursor. */
  readonly edges: ReadonlyArray<WorkflowEdge>;
  /** Workflows of this page. */
  readonly nodes: ReadonlyArray<Workflow>;
  /** Pagination info. */
  readonly pageInfo: PageInfo;
  /** Number of workflows on all pages. */
  readonly totalCount: Scalars['Int']['output'];
};

/** Workflow with its cursor. */
export type WorkflowEdge = {
  readonly __typename?: 'WorkflowEdge';
  /** Cursor of this workflow, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** Workflow. */
  readonly node: Workflow;
};

/** Nodes and edges of a workflow. START and END are not nodes: see `entry` and `finish`. */
export type WorkflowGraph = {
  readonly __typename?: 'WorkflowGraph';
  /** Edges. An edge may name a node that doesn't exist; it is passed on unchanged. */
  readonly edges: ReadonlyArray<GraphEdge>;
  /** Id of the first node. Null if the upstream doesn't name exactly one. */
  readonly entry?: Maybe<Scalars['ID']['output']>;
  /** Id of the last node. Null if the upstream doesn't name exactly one. */
  readonly finish?: Maybe<Scalars['ID']['output']>;
  /** Nodes, in the upstream's order. */
  readonly nodes: ReadonlyArray<WorkflowNode>;
};

/** Node of a workflow. */
export type WorkflowNode = {
  readonly __typename?: 'WorkflowNode';
  /** Description of the node by its author. Null if not sent. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** Id, unique within the workflow. `Step.nodeId` refers to it. */
  readonly id: Scalars['ID']['output'];
  /** Type, such as `model`, `code` or an integration. Null if not sent. */
  readonly type?: Maybe<Scalars['String']['output']>;
};

/** Statistics of a workflow's latest runs. */
export type WorkflowStatistics = {
  readonly __typename?: 'WorkflowStatistics';
  /** Number of completed runs. */
  readonly completedCount: Scalars['Int']['output'];
  /** Number of failed runs. */
  readonly failedCount: Scalars['Int']['output'];
  /** Number of finished runs: completed, failed, cancelled, or of unknown status with an end. */
  readonly finishedCount: Scalars['Int']['output'];
  /**
   * Statistics of each node, by node id.
   * Costs one upstream call per run without cached steps, within the operation's budget.
   * Runs whose steps the upstream has deleted are left out.
   */
  readonly nodes?: Maybe<ReadonlyArray<NodeStatistics>>;
  /** Number of runs examined. */
  readonly runCount: Scalars['Int']['output'];
  /** Completed runs divided by finished runs, 0 to 1. Null if no run is finished. */
  readonly successRate?: Maybe<Scalars['Float']['output']>;
  /** Time from start to end of finished runs, in milliseconds, from their records. Null if no record has both. */
  readonly wallClockMs?: Maybe<Distribution>;
};

/** Runs of one workflow that started in a time bucket. */
export type WorkflowUsage = {
  readonly __typename?: 'WorkflowUsage';
  /** Number of failed runs. */
  readonly failedCount: Scalars['Int']['output'];
  /** False if runs of the workflow may be missing. */
  readonly isComplete: Scalars['Boolean']['output'];
  /** Number of examined runs that started in the bucket. */
  readonly runCount: Scalars['Int']['output'];
  /** Tokens and estimated cost of the runs, from their records. Null if all runs were read and none reports tokens. */
  readonly usage?: Maybe<UsageTrend>;
  /** Workflow of the runs. */
  readonly workflow: Workflow;
};


/** Runs of one workflow that started in a time bucket. */
export type WorkflowUsageUsageArgs = {
  loadSteps?: InputMaybe<Scalars['Boolean']['input']>;
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
  Baseline: ResolverTypeWrapper<BaselineOfRun>;
  BaselineReason: BaselineReason;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  CancelRunPayload: ResolverTypeWrapper<RunRef>;
  ChangeKind: ChangeKind;
  ChangePoint: ResolverTypeWrapper<ChangePointOfWorkflow>;
  ChangePoints: ResolverTypeWrapper<WorkflowChanges>;
  CommonInput: ResolverTypeWrapper<CommonInputOfWorkflow>;
  CommonInputs: ResolverTypeWrapper<CommonInputsOfGroup>;
  Conversation: ResolverTypeWrapper<DomainConversation>;
  Cost: ResolverTypeWrapper<DomainCost>;
  CriticalPath: ResolverTypeWrapper<DomainCriticalPath>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Diagnosis: ResolverTypeWrapper<DomainRun>;
  Distribution: ResolverTypeWrapper<DomainDistribution>;
  DurationSource: DurationSource;
  ExecuteWorkflowPayload: ResolverTypeWrapper<StartedRun>;
  Expectation: ResolverTypeWrapper<ExpectationOfRun>;
  FailureGroup: ResolverTypeWrapper<FailureGroupInHistory>;
  FailureGroupOrder: FailureGroupOrder;
  FailureGroups: ResolverTypeWrapper<FoundFailureGroups>;
  FailureState: FailureState;
  FieldSet: ResolverTypeWrapper<Scalars['FieldSet']['output']>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Freshness: ResolverTypeWrapper<DomainFreshness>;
  Gap: ResolverTypeWrapper<DomainGap>;
  GraphEdge: ResolverTypeWrapper<DomainGraphEdge>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  InputFilter: InputFilter;
  InputTest: InputTest;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Message: ResolverTypeWrapper<DomainMessage>;
  ModelTokenUsage: ResolverTypeWrapper<DomainModelTokenUsage>;
  ModelUsageTrend: ResolverTypeWrapper<DomainModelUsageTrend>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  NodeChange: NodeChange;
  NodeComparison: ResolverTypeWrapper<DomainNodeComparison>;
  NodeExpectation: ResolverTypeWrapper<DomainNodeExpectation>;
  NodeShift: ResolverTypeWrapper<DomainNodeShift>;
  NodeStatistics: ResolverTypeWrapper<DomainNodeStatistics>;
  OrderDirection: OrderDirection;
  PageInfo: ResolverTypeWrapper<PageInfoModel>;
  Progress: ResolverTypeWrapper<DomainProgress>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RecentRunConnection: ResolverTypeWrapper<RecentRunsPage>;
  RepeatedNode: ResolverTypeWrapper<DomainRepeatedNode>;
  ResumeStepPayload: ResolverTypeWrapper<StepRef>;
  Run: ResolverTypeWrapper<DomainRun>;
  RunAction: RunAction;
  RunComparison: ResolverTypeWrapper<DomainRunComparison>;
  RunConnection: ResolverTypeWrapper<RunPage>;
  RunEdge: ResolverTypeWrapper<ListedRun>;
  RunFilter: RunFilter;
  RunStatus: RunStatus;
  RunTiming: ResolverTypeWrapper<DomainRunTiming>;
  RunTokenUsage: ResolverTypeWrapper<DomainRunTokenUsage>;
  RunUpdate: ResolverTypeWrapper<UpdatedRun>;
  RunsUpdate: ResolverTypeWrapper<RunsChange>;
  Shift: ResolverTypeWrapper<ShiftOfWorkflow>;
  ShiftMetric: ShiftMetric;
  Shifts: ResolverTypeWrapper<ShiftsOfWorkflow>;
  Step: ResolverTypeWrapper<DomainStep>;
  StepAction: StepAction;
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
  TokenCounts: ResolverTypeWrapper<DomainTokenCounts>;
  TokenSource: TokenSource;
  TokenUsage: ResolverTypeWrapper<DomainTokenUsage>;
  ToolCall: ResolverTypeWrapper<DomainToolCall>;
  TrendBucket: ResolverTypeWrapper<TrendBucketOfWorkflow>;
  TrendInterval: TrendInterval;
  UsageBucket: ResolverTypeWrapper<UsageBucketOfWorkflows>;
  UsageTrend: ResolverTypeWrapper<DomainUsageTrend>;
  WaitRequest: ResolverTypeWrapper<WaitingStep>;
  Workflow: ResolverTypeWrapper<WorkflowRef>;
  WorkflowConnection: ResolverTypeWrapper<WorkflowPage>;
  WorkflowEdge: ResolverTypeWrapper<Omit<WorkflowEdge, 'node'> & { node: ResolversTypes['Workflow'] }>;
  WorkflowGraph: ResolverTypeWrapper<DomainWorkflowGraph>;
  WorkflowNode: ResolverTypeWrapper<DomainWorkflowNode>;
  WorkflowStatistics: ResolverTypeWrapper<StatisticsOfRuns>;
  WorkflowUsage: ResolverTypeWrapper<TrendBucketOfWorkflow>;
  link__Import: ResolverTypeWrapper<Scalars['link__Import']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Baseline: BaselineOfRun;
  Boolean: Scalars['Boolean']['output'];
  CancelRunPayload: RunRef;
  ChangePoint: ChangePointOfWorkflow;
  ChangePoints: WorkflowChanges;
  CommonInput: CommonInputOfWorkflow;
  CommonInputs: CommonInputsOfGroup;
  Conversation: DomainConversation;
  Cost: DomainCost;
  CriticalPath: DomainCriticalPath;
  DateTime: Scalars['DateTime']['output'];
  Diagnosis: DomainRun;
  Distribution: DomainDistribution;
  ExecuteWorkflowPayload: StartedRun;
  Expectation: ExpectationOfRun;
  FailureGroup: FailureGroupInHistory;
  FailureGroups: FoundFailureGroups;
  FieldSet: Scalars['FieldSet']['output'];
  Float: Scalars['Float']['output'];
  Freshness: DomainFreshness;
  Gap: DomainGap;
  GraphEdge: DomainGraphEdge;
  ID: Scalars['ID']['output'];
  InputFilter: InputFilter;
  Int: Scalars['Int']['output'];
  JSON: Scalars['JSON']['output'];
  Message: DomainMessage;
  ModelTokenUsage: DomainModelTokenUsage;
  ModelUsageTrend: DomainModelUsageTrend;
  Mutation: Record<PropertyKey, never>;
  NodeComparison: DomainNodeComparison;
  NodeExpectation: DomainNodeExpectation;
  NodeShift: DomainNodeShift;
  NodeStatistics: DomainNodeStatistics;
  PageInfo: PageInfoModel;
  Progress: DomainProgress;
  Query: Record<PropertyKey, never>;
  RecentRunConnection: RecentRunsPage;
  RepeatedNode: DomainRepeatedNode;
  ResumeStepPayload: StepRef;
  Run: DomainRun;
  RunComparison: DomainRunComparison;
  RunConnection: RunPage;
  RunEdge: ListedRun;
  RunFilter: RunFilter;
  RunTiming: DomainRunTiming;
  RunTokenUsage: DomainRunTokenUsage;
  RunUpdate: UpdatedRun;
  RunsUpdate: RunsChange;
  Shift: ShiftOfWorkflow;
  Shifts: ShiftsOfWorkflow;
  Step: DomainStep;
  StepCounts: DomainStepCounts;
  StepError: DomainStepError;
  StepFilter: StepFilter;
  StepOrder: StepOrder;
  String: Scalars['String']['output'];
  Subscription: Record<PropertyKey, never>;
  Timeline: DomainTimeline;
  TimelineBar: DomainTimelineBar;
  TokenCounts: DomainTokenCounts;
  TokenUsage: DomainTokenUsage;
  ToolCall: DomainToolCall;
  TrendBucket: TrendBucketOfWorkflow;
  UsageBucket: UsageBucketOfWorkflows;
  UsageTrend: DomainUsageTrend;
  WaitRequest: WaitingStep;
  Workflow: WorkflowRef;
  WorkflowConnection: WorkflowPage;
  WorkflowEdge: Omit<WorkflowEdge, 'node'> & { node: ResolversParentTypes['Workflow'] };
  WorkflowGraph: DomainWorkflowGraph;
  WorkflowNode: DomainWorkflowNode;
  WorkflowStatistics: StatisticsOfRuns;
  WorkflowUsage: TrendBucketOfWorkflow;
  link__Import: Scalars['link__Import']['output'];
};

export type FetchableDirectiveArgs = {
  field_name: Scalars['String']['input'];
};

export type FetchableDirectiveResolver<Result, Parent, ContextType = Context, Args = FetchableDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

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

export type BaselineResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Baseline'] = ResolversParentTypes['Baseline']> = {
  changes: Resolver<ReadonlyArray<ResolversTypes['ChangePoint']>, ParentType, ContextType>;
  comparison: Resolver<ResolversTypes['RunComparison'], ParentType, ContextType>;
  reason: Resolver<ResolversTypes['BaselineReason'], ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type CancelRunPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CancelRunPayload'] = ResolversParentTypes['CancelRunPayload']> = {
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type ChangePointResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChangePoint'] = ResolversParentTypes['ChangePoint']> = {
  after: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  at: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  before: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  kind: Resolver<ResolversTypes['ChangeKind'], ParentType, ContextType>;
  nodeId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  previousRun: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type ChangePointsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChangePoints'] = ResolversParentTypes['ChangePoints']> = {
  nodes: Resolver<ReadonlyArray<ResolversTypes['ChangePoint']>, ParentType, ContextType>;
  runsExamined: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsNotLoaded: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsRequested: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CommonInputResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CommonInput'] = ResolversParentTypes['CommonInput']> = {
  completedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  completedWith: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
  failedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failedWithout: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
  path: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  test: Resolver<ResolversTypes['InputTest'], ParentType, ContextType>;
  text: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
};

export type CommonInputsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CommonInputs'] = ResolversParentTypes['CommonInputs']> = {
  completedRuns: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  factsCompared: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failedRuns: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['CommonInput']>, ParentType, ContextType>;
};

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

export type DiagnosisResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Diagnosis'] = ResolversParentTypes['Diagnosis']> = {
  baseline: Resolver<Maybe<ResolversTypes['Baseline']>, ParentType, ContextType>;
  changes: Resolver<ReadonlyArray<ResolversTypes['ChangePoint']>, ParentType, ContextType>;
  failedStep: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  group: Resolver<Maybe<ResolversTypes['FailureGroup']>, ParentType, ContextType>;
  headline: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  markdown: Resolver<ResolversTypes['String'], ParentType, ContextType, RequireFields<DiagnosisMarkdownArgs, 'maxBytes'>>;
  runsExamined: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  shareBefore: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  workflow: Resolver<ResolversTypes['Workflow'], ParentType, ContextType>;
};

export type DistributionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Distribution'] = ResolversParentTypes['Distribution']> = {
  max: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  p50: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  p95: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type ExecuteWorkflowPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ExecuteWorkflowPayload'] = ResolversParentTypes['ExecuteWorkflowPayload']> = {
  message: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type ExpectationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Expectation'] = ResolversParentTypes['Expectation']> = {
  nodes: Resolver<ReadonlyArray<ResolversTypes['NodeExpectation']>, ParentType, ContextType>;
  overdueByMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  p50Ms: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  p95Ms: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  remainingMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  sampleSize: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type FailureGroupResolvers<ContextType = Context, ParentType extends ResolversParentTypes['FailureGroup'] = ResolversParentTypes['FailureGroup']> = {
  affectedRate: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  code: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  commonInputs: Resolver<ResolversTypes['CommonInputs'], ParentType, ContextType>;
  count: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  estimatedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
  finishedCount: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  firstSeenAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  firstSeenIsExact: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isNew: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isResolved: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  lastSeenAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  latestMessage: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  nodeId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  returnedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  runs: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType, RequireFields<FailureGroupRunsArgs, 'first'>>;
  state: Resolver<ResolversTypes['FailureState'], ParentType, ContextType>;
  suspectedChanges: Resolver<ReadonlyArray<ResolversTypes['ChangePoint']>, ParentType, ContextType>;
  workflow: Resolver<ResolversTypes['Workflow'], ParentType, ContextType>;
};

export type FailureGroupsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['FailureGroups'] = ResolversParentTypes['FailureGroups']> = {
  isComplete: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['FailureGroup']>, ParentType, ContextType>;
  runsExamined: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsNotLoaded: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsRequested: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
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

export type GapResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Gap'] = ResolversParentTypes['Gap']> = {
  after: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  before: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  durationMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  endedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  offsetMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  startedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type GraphEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphEdge'] = ResolversParentTypes['GraphEdge']> = {
  from: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  to: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
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
  counts: Resolver<ResolversTypes['TokenCounts'], ParentType, ContextType>;
  model: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  stepsReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ModelUsageTrendResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ModelUsageTrend'] = ResolversParentTypes['ModelUsageTrend']> = {
  counts: Resolver<ResolversTypes['TokenCounts'], ParentType, ContextType>;
  estimatedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
  model: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  stepsReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  cancelRun?: Resolver<ResolversTypes['CancelRunPayload'], ParentType, ContextType, RequireFields<MutationCancelRunArgs, 'id' | 'workflowId'>>;
  executeWorkflow?: Resolver<ResolversTypes['ExecuteWorkflowPayload'], ParentType, ContextType, RequireFields<MutationExecuteWorkflowArgs, 'workflowId'>>;
  resumeStep?: Resolver<ResolversTypes['ResumeStepPayload'], ParentType, ContextType, RequireFields<MutationResumeStepArgs, 'runId' | 'stepId' | 'workflowId'>>;
};

export type NodeComparisonResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NodeComparison'] = ResolversParentTypes['NodeComparison']> = {
  baseAttempts: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  baseStep: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  baseTotalMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  change: Resolver<ResolversTypes['NodeChange'], ParentType, ContextType>;
  durationDeltaMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  headAttempts: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  headStep: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  headTotalMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  nodeId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type NodeExpectationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NodeExpectation'] = ResolversParentTypes['NodeExpectation']> = {
  nodeId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  p50Ms: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  p95Ms: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  sampleSize: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type NodeShiftResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NodeShift'] = ResolversParentTypes['NodeShift']> = {
  after: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  before: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
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
  failureGroups?: Resolver<ResolversTypes['FailureGroups'], ParentType, ContextType, RequireFields<QueryFailureGroupsArgs, 'last' | 'orderBy'>>;
  fetch__Run?: Resolver<ResolversTypes['Run'], ParentType, ContextType, RequireFields<QueryFetch__RunArgs, 'fetchId'>>;
  fetch__Workflow?: Resolver<ResolversTypes['Workflow'], ParentType, ContextType, RequireFields<QueryFetch__WorkflowArgs, 'id'>>;
  overdueRuns?: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType, RequireFields<QueryOverdueRunsArgs, 'first'>>;
  recentRuns?: Resolver<ResolversTypes['RecentRunConnection'], ParentType, ContextType, RequireFields<QueryRecentRunsArgs, 'first'>>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType, RequireFields<QueryRunArgs, 'id' | 'workflowId'>>;
  usage?: Resolver<ReadonlyArray<ResolversTypes['UsageBucket']>, ParentType, ContextType, RequireFields<QueryUsageArgs, 'last' | 'startedAfter' | 'startedBefore' | 'timeZone'>>;
  workflow?: Resolver<ResolversTypes['Workflow'], ParentType, ContextType, RequireFields<QueryWorkflowArgs, 'id'>>;
  workflows?: Resolver<ResolversTypes['WorkflowConnection'], ParentType, ContextType, RequireFields<QueryWorkflowsArgs, 'first'>>;
};

export type RecentRunConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecentRunConnection'] = ResolversParentTypes['RecentRunConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['RunEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  runsExamined: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  unavailableWorkflows: Resolver<ReadonlyArray<ResolversTypes['Workflow']>, ParentType, ContextType>;
};

export type RepeatedNodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RepeatedNode'] = ResolversParentTypes['RepeatedNode']> = {
  attempts: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType>;
  nodeId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  retryCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  wastedMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type ResumeStepPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ResumeStepPayload'] = ResolversParentTypes['ResumeStepPayload']> = {
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  step: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
};

export type RunResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Run'] = ResolversParentTypes['Run']> = {
  availableActions: Resolver<ReadonlyArray<ResolversTypes['RunAction']>, ParentType, ContextType>;
  baseline: Resolver<Maybe<ResolversTypes['Baseline']>, ParentType, ContextType>;
  criticalPath: Resolver<ResolversTypes['CriticalPath'], ParentType, ContextType>;
  diagnosis: Resolver<Maybe<ResolversTypes['Diagnosis']>, ParentType, ContextType>;
  endedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  error: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  errorInfo: Resolver<Maybe<ResolversTypes['StepError']>, ParentType, ContextType>;
  estimatedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
  expectation: Resolver<Maybe<ResolversTypes['Expectation']>, ParentType, ContextType>;
  failedSteps: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType, RequireFields<RunFailedStepsArgs, 'latestAttemptOnly'>>;
  fetchId: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  firstFailedStep: Resolver<Maybe<ResolversTypes['Step']>, ParentType, ContextType>;
  freshness: Resolver<ResolversTypes['Freshness'], ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  inputs: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, Partial<RunInputsArgs>>;
  isFinished: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isRedacted: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  lastActivityAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastSuccessBefore: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
  outputs: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType, Partial<RunOutputsArgs>>;
  progress: Resolver<ResolversTypes['Progress'], ParentType, ContextType>;
  rawStatus: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  redactedUnless: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
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
  upstreamUrl: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  wallClockMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  wastedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
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
  runsExamined: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RunEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEdge'] = ResolversParentTypes['RunEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  matchedIn: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  node: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type RunTimingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunTiming'] = ResolversParentTypes['RunTiming']> = {
  busyMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  idleMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  idleShare: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  longestGap: Resolver<Maybe<ResolversTypes['Gap']>, ParentType, ContextType>;
  maxConcurrency: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  parallelism: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  totalDurationMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  waitingMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  wallClockMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  wastedMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type RunTokenUsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunTokenUsage'] = ResolversParentTypes['RunTokenUsage']> = {
  byModel: Resolver<ReadonlyArray<ResolversTypes['ModelTokenUsage']>, ParentType, ContextType>;
  counts: Resolver<ResolversTypes['TokenCounts'], ParentType, ContextType>;
  stepsReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RunUpdateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunUpdate'] = ResolversParentTypes['RunUpdate']> = {
  changedSteps: Resolver<ReadonlyArray<ResolversTypes['Step']>, ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type RunsUpdateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunsUpdate'] = ResolversParentTypes['RunsUpdate']> = {
  runs: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType>;
  unavailableWorkflows: Resolver<ReadonlyArray<ResolversTypes['Workflow']>, ParentType, ContextType>;
};

export type ShiftResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Shift'] = ResolversParentTypes['Shift']> = {
  after: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  before: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  metric: Resolver<ResolversTypes['ShiftMetric'], ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['NodeShift']>, ParentType, ContextType>;
  previousRun: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  since: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  suspectedChanges: Resolver<ReadonlyArray<ResolversTypes['ChangePoint']>, ParentType, ContextType>;
};

export type ShiftsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Shifts'] = ResolversParentTypes['Shifts']> = {
  nodes: Resolver<ReadonlyArray<ResolversTypes['Shift']>, ParentType, ContextType>;
  runsExamined: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsRequested: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type StepResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Step'] = ResolversParentTypes['Step']> = {
  attempt: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  attemptCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  attemptKind: Resolver<ResolversTypes['AttemptKind'], ParentType, ContextType>;
  availableActions: Resolver<ReadonlyArray<ResolversTypes['StepAction']>, ParentType, ContextType>;
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
  isLatest: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isRedacted: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  itemAttempt: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  itemKey: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
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
  waitingFor: Resolver<Maybe<ResolversTypes['WaitRequest']>, ParentType, ContextType>;
  waitingMs: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  waitingSince: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
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
  waiting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type StepErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StepError'] = ResolversParentTypes['StepError']> = {
  code: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  raw: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  runUpdated?: SubscriptionResolver<ResolversTypes['RunUpdate'], "runUpdated", ParentType, ContextType, RequireFields<SubscriptionRunUpdatedArgs, 'id' | 'workflowId'>>;
  runsUpdated?: SubscriptionResolver<ResolversTypes['RunsUpdate'], "runsUpdated", ParentType, ContextType, Partial<SubscriptionRunsUpdatedArgs>>;
};

export type TimelineResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Timeline'] = ResolversParentTypes['Timeline']> = {
  bars: Resolver<ReadonlyArray<ResolversTypes['TimelineBar']>, ParentType, ContextType>;
  durationMs: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  endedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  gaps: Resolver<ReadonlyArray<ResolversTypes['Gap']>, ParentType, ContextType>;
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

export type TokenCountsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenCounts'] = ResolversParentTypes['TokenCounts']> = {
  cachedInputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  inputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  outputTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reasoningTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  totalTokens: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type TokenUsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenUsage'] = ResolversParentTypes['TokenUsage']> = {
  counts: Resolver<ResolversTypes['TokenCounts'], ParentType, ContextType>;
  model: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  source: Resolver<ResolversTypes['TokenSource'], ParentType, ContextType>;
};

export type ToolCallResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ToolCall'] = ResolversParentTypes['ToolCall']> = {
  arguments: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  name: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TrendBucketResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TrendBucket'] = ResolversParentTypes['TrendBucket']> = {
  before: Resolver<Maybe<ResolversTypes['TrendBucket']>, ParentType, ContextType>;
  endedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  failedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isComplete: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['NodeStatistics']>, ParentType, ContextType>;
  runCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  startedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  usage: Resolver<Maybe<ResolversTypes['UsageTrend']>, ParentType, ContextType, RequireFields<TrendBucketUsageArgs, 'loadSteps'>>;
  wallClockMs: Resolver<Maybe<ResolversTypes['Distribution']>, ParentType, ContextType>;
};

export type UsageBucketResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UsageBucket'] = ResolversParentTypes['UsageBucket']> = {
  before: Resolver<Maybe<ResolversTypes['UsageBucket']>, ParentType, ContextType>;
  byWorkflow: Resolver<ReadonlyArray<ResolversTypes['WorkflowUsage']>, ParentType, ContextType>;
  endedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  failedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isComplete: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  runCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  startedAt: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  usage: Resolver<Maybe<ResolversTypes['UsageTrend']>, ParentType, ContextType, RequireFields<UsageBucketUsageArgs, 'loadSteps'>>;
};

export type UsageTrendResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UsageTrend'] = ResolversParentTypes['UsageTrend']> = {
  byModel: Resolver<ReadonlyArray<ResolversTypes['ModelUsageTrend']>, ParentType, ContextType>;
  counts: Resolver<ResolversTypes['TokenCounts'], ParentType, ContextType>;
  estimatedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
  failedCost: Resolver<Maybe<ResolversTypes['Cost']>, ParentType, ContextType>;
  runsFromSteps: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsNotLoaded: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsNotReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  runsReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  stepsReporting: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type WaitRequestResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WaitRequest'] = ResolversParentTypes['WaitRequest']> = {
  answerSchema: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  data: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  message: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type WorkflowResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Workflow'] = ResolversParentTypes['Workflow']> = {
  changePoints: Resolver<ResolversTypes['ChangePoints'], ParentType, ContextType, RequireFields<WorkflowChangePointsArgs, 'last'>>;
  createdAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  description: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  failureGroups: Resolver<ResolversTypes['FailureGroups'], ParentType, ContextType, RequireFields<WorkflowFailureGroupsArgs, 'last' | 'orderBy'>>;
  graph: Resolver<Maybe<ResolversTypes['WorkflowGraph']>, ParentType, ContextType>;
  id: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isPublic: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  mayExecute: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  organizationId: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  run: Resolver<ResolversTypes['Run'], ParentType, ContextType, RequireFields<WorkflowRunArgs, 'id'>>;
  runs: Resolver<ResolversTypes['RunConnection'], ParentType, ContextType, RequireFields<WorkflowRunsArgs, 'first'>>;
  runsById: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType, RequireFields<WorkflowRunsByIdArgs, 'ids'>>;
  shifts: Resolver<ResolversTypes['Shifts'], ParentType, ContextType, RequireFields<WorkflowShiftsArgs, 'last'>>;
  statistics: Resolver<ResolversTypes['WorkflowStatistics'], ParentType, ContextType, RequireFields<WorkflowStatisticsArgs, 'last'>>;
  status: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  trend: Resolver<ReadonlyArray<ResolversTypes['TrendBucket']>, ParentType, ContextType, RequireFields<WorkflowTrendArgs, 'buckets' | 'last' | 'timeZone'>>;
  updatedAt: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  updatedBy: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  upstreamUrl: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  version: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type WorkflowConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowConnection'] = ResolversParentTypes['WorkflowConnection']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['WorkflowEdge']>, ParentType, ContextType>;
  nodes: Resolver<ReadonlyArray<ResolversTypes['Workflow']>, ParentType, ContextType>;
  pageInfo: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type WorkflowEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowEdge'] = ResolversParentTypes['WorkflowEdge']> = {
  cursor: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node: Resolver<ResolversTypes['Workflow'], ParentType, ContextType>;
};

export type WorkflowGraphResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowGraph'] = ResolversParentTypes['WorkflowGraph']> = {
  edges: Resolver<ReadonlyArray<ResolversTypes['GraphEdge']>, ParentType, ContextType>;
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

export type WorkflowUsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WorkflowUsage'] = ResolversParentTypes['WorkflowUsage']> = {
  failedCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isComplete: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  runCount: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  usage: Resolver<Maybe<ResolversTypes['UsageTrend']>, ParentType, ContextType, RequireFields<WorkflowUsageUsageArgs, 'loadSteps'>>;
  workflow: Resolver<ResolversTypes['Workflow'], ParentType, ContextType>;
};

export interface Link__ImportScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['link__Import'], any> {
  name: 'link__Import';
}

export type Resolvers<ContextType = Context> = {
  Baseline: BaselineResolvers<ContextType>;
  CancelRunPayload: CancelRunPayloadResolvers<ContextType>;
  ChangePoint: ChangePointResolvers<ContextType>;
  ChangePoints: ChangePointsResolvers<ContextType>;
  CommonInput: CommonInputResolvers<ContextType>;
  CommonInputs: CommonInputsResolvers<ContextType>;
  Conversation: ConversationResolvers<ContextType>;
  Cost: CostResolvers<ContextType>;
  CriticalPath: CriticalPathResolvers<ContextType>;
  DateTime: GraphQLScalarType;
  Diagnosis: DiagnosisResolvers<ContextType>;
  Distribution: DistributionResolvers<ContextType>;
  ExecuteWorkflowPayload: ExecuteWorkflowPayloadResolvers<ContextType>;
  Expectation: ExpectationResolvers<ContextType>;
  FailureGroup: FailureGroupResolvers<ContextType>;
  FailureGroups: FailureGroupsResolvers<ContextType>;
  FieldSet: GraphQLScalarType;
  Freshness: FreshnessResolvers<ContextType>;
  Gap: GapResolvers<ContextType>;
  GraphEdge: GraphEdgeResolvers<ContextType>;
  JSON: GraphQLScalarType;
  Message: MessageResolvers<ContextType>;
  ModelTokenUsage: ModelTokenUsageResolvers<ContextType>;
  ModelUsageTrend: ModelUsageTrendResolvers<ContextType>;
  Mutation: MutationResolvers<ContextType>;
  NodeComparison: NodeComparisonResolvers<ContextType>;
  NodeExpectation: NodeExpectationResolvers<ContextType>;
  NodeShift: NodeShiftResolvers<ContextType>;
  NodeStatistics: NodeStatisticsResolvers<ContextType>;
  PageInfo: PageInfoResolvers<ContextType>;
  Progress: ProgressResolvers<ContextType>;
  Query: QueryResolvers<ContextType>;
  RecentRunConnection: RecentRunConnectionResolvers<ContextType>;
  RepeatedNode: RepeatedNodeResolvers<ContextType>;
  ResumeStepPayload: ResumeStepPayloadResolvers<ContextType>;
  Run: RunResolvers<ContextType>;
  RunComparison: RunComparisonResolvers<ContextType>;
  RunConnection: RunConnectionResolvers<ContextType>;
  RunEdge: RunEdgeResolvers<ContextType>;
  RunTiming: RunTimingResolvers<ContextType>;
  RunTokenUsage: RunTokenUsageResolvers<ContextType>;
  RunUpdate: RunUpdateResolvers<ContextType>;
  RunsUpdate: RunsUpdateResolvers<ContextType>;
  Shift: ShiftResolvers<ContextType>;
  Shifts: ShiftsResolvers<ContextType>;
  Step: StepResolvers<ContextType>;
  StepCounts: StepCountsResolvers<ContextType>;
  StepError: StepErrorResolvers<ContextType>;
  Subscription: SubscriptionResolvers<ContextType>;
  Timeline: TimelineResolvers<ContextType>;
  TimelineBar: TimelineBarResolvers<ContextType>;
  TokenCounts: TokenCountsResolvers<ContextType>;
  TokenUsage: TokenUsageResolvers<ContextType>;
  ToolCall: ToolCallResolvers<ContextType>;
  TrendBucket: TrendBucketResolvers<ContextType>;
  UsageBucket: UsageBucketResolvers<ContextType>;
  UsageTrend: UsageTrendResolvers<ContextType>;
  WaitRequest: WaitRequestResolvers<ContextType>;
  Workflow: WorkflowResolvers<ContextType>;
  WorkflowConnection: WorkflowConnectionResolvers<ContextType>;
  WorkflowEdge: WorkflowEdgeResolvers<ContextType>;
  WorkflowGraph: WorkflowGraphResolvers<ContextType>;
  WorkflowNode: WorkflowNodeResolvers<ContextType>;
  WorkflowStatistics: WorkflowStatisticsResolvers<ContextType>;
  WorkflowUsage: WorkflowUsageResolvers<ContextType>;
  link__Import: GraphQLScalarType;
};

export type DirectiveResolvers<ContextType = Context> = {
  fetchable: FetchableDirectiveResolver<any, any, ContextType>;
  key: KeyDirectiveResolver<any, any, ContextType>;
  link: LinkDirectiveResolver<any, any, ContextType>;
  shareable: ShareableDirectiveResolver<any, any, ContextType>;
};
