/** Facts of the upstream about runs, steps and workflows, checked and translated from its wire format. */
import type { RunStatus, StepStatus } from './status.ts';
import type { Timestamp } from './timestamp.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export type PayloadField = 'inputs' | 'outputs' | 'metadata' | 'waitRequest';

/** Values of a payload. Null for a missing field. Integers beyond 2^53 are strings. */
export type PayloadValues = Readonly<Record<PayloadField, JsonValue>>;

/** Location of a payload in an answer. Most payloads are never read, so a payload is parsed again when needed. */
export interface Payload {
  /** JSON list of items. The steps of one answer share it. */
  readonly body: Uint8Array;
  /** Index of the item in the list. */
  readonly index: number;
  /** Digest of the values, if the answer is large: comparing the values would take a second. */
  readonly digest?: string | undefined;
}

export type TokenSource = 'UPSTREAM' | 'OUTPUTS';

/** Counts are exact up to 2^53, so they may exceed an `Int`. Null if not reported. */
export interface TokenCounts {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly totalTokens: number | null;
  /** Included in `inputTokens`. */
  readonly cachedInputTokens: number | null;
  /** Included in `outputTokens`. */
  readonly reasoningTokens: number | null;
}

/** Tokens reported by an output. The object is flat, since cached records of many runs have one for each node. */
export interface ReportedTokens extends TokenCounts {
  /** Model named by the output. Null if it names none. */
  readonly model: string | null;
  /** Part of the input that was written to the model's cache. Null if not reported. */
  readonly cacheWrites: number | null;
  /** `total_tokens` as sent, never a computed sum. Null if not reported. */
  readonly sentTotal: number | null;
}

/** Tokens of a step. `totalTokens` is the upstream's, if that is above 0. */
export interface TokenUsage extends ReportedTokens {
  readonly source: TokenSource;
  /** Model whose prices apply: `model`, else the one that the inputs name. */
  readonly billedModel: string | null;
}

/** Interpreted when it is first read. */
export interface TokenReport {
  /** Usage, or null if no tokens are reported. */
  readonly usage: TokenUsage | null;
}

/** A time in which a step did no work, because it waited for a person or an event. */
export interface Wait {
  readonly from: Timestamp;
  /** End, or null while it lasts. */
  readonly to: Timestamp | null;
}

/** One execution of a node, as reported by the upstream. */
export interface StepFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly userId: string | null;
  readonly organizationId: string | null;
  /** The upstream's word. */
  readonly rawStatus: string;
  readonly status: StepStatus;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  /** Whole seconds, rounded down by the upstream. Exact up to 2^53, so it may exceed an `Int`. Null if unknown. */
  readonly elapsedTime: number | null;
  /** Error as sent, unless it is redacted. It may also say that there isn't one. */
  readonly error: string | null;
  /** Set if something of error or payload was redacted. */
  readonly isRedacted?: boolean;
  /** Identifies the cause of a redacted error. Equal for failures of one group. */
  readonly errorHash?: string | null;
  /** Item of a fan-out that this is an execution for. Null if not reported. */
  readonly itemKey: string | null;
  /** Number of the attempt within node and item, from 1. Null if not reported. */
  readonly reportedAttempt: number | null;
  /** As reported: in any order, and overlaps are possible. */
  readonly waits: readonly Wait[];
  readonly payload: Payload;
  /** Hash of the inputs, to recognize retries. Null if empty, or if the node ran once or without a failure. */
  readonly inputsHash: string | null;
  /** Token count of the upstream, exact up to 2^53. Null if not reported. */
  readonly tokens: number | null;
  /** Tokens that the payload or the upstream reports. */
  readonly reportedTokens: TokenReport;
  /** Position in the upstream's list, used as tie-breaker. */
  readonly index: number;
  /** Reason why the entry is unreadable. Such an entry is reported as an error, and its other fields are not used. */
  readonly problem?: string;
}

/** Run-level data of the upstream. */
export interface RunRecord {
  /** Id, or empty if the upstream sent none that is readable. The record then only keeps its position in the history. */
  readonly id: string;
  /** The upstream's word. */
  readonly rawStatus: string;
  readonly status: RunStatus;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  readonly elapsedTime: number | null;
  readonly error: string | null;
  /** As those of a step. */
  readonly isRedacted?: boolean;
  readonly errorHash?: string | null;
  readonly payload: Payload;
  /** At most one token report per node, from its output in the record. Failed executions have none. */
  readonly nodeTokens: readonly ReportedTokens[];
}

export interface WorkflowNode {
  readonly id: string;
  readonly type: string | null;
  readonly description: string | null;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

/** Workflow as listed by the upstream. */
export interface WorkflowRecord {
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly status: string | null;
  readonly version: string | null;
  readonly isPublic: boolean | null;
  readonly organizationId: string | null;
  readonly createdAt: Timestamp | null;
  readonly updatedAt: Timestamp | null;
  /** Id of a user. */
  readonly updatedBy: string | null;
  readonly graph: WorkflowGraph | null;
}

/** START and END are not nodes and appear in no edge. `entry` and `finish` name the nodes next to them. */
export interface WorkflowGraph {
  readonly nodes: readonly WorkflowNode[];
  readonly edges: readonly GraphEdge[];
  readonly entry: string | null;
  readonly finish: string | null;
}

/** Age and reliability of the shown data. */
export interface Freshness {
  /** Fetch time of the oldest part. */
  readonly fetchedAt: Timestamp;
  /** Whether the run is over and the data can never change. */
  readonly isFinal: boolean;
  /** Whether the upstream was not reachable and the last good answer is shown. */
  readonly isStale: boolean;
  readonly staleReason: string | null;
}

export interface RunFacts {
  readonly workflowId: string;
  readonly id: string;
  /** Record, or null if the upstream doesn't have one for this run. */
  readonly record: RunRecord | null;
  /** Steps, or null if the steps are not loaded. Only fields of the record may be read then. */
  readonly steps: readonly StepFacts[] | null;
  /** Reason why the steps could not be loaded. Fields that need steps throw it. */
  readonly stepsError?: Error | null;
  /** Graph, or null if no graph is known. Undefined if it is not loaded: fields that need it throw. */
  readonly graph: WorkflowGraph | null | undefined;
  readonly freshness: Freshness;
}
