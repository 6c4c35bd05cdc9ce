/** Facts from the upstream about runs, steps and workflows, checked and translated from its wire format. */
import type { RunStatus, StepStatus } from './status.ts';
import type { Timestamp } from './timestamp.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export type PayloadField = 'inputs' | 'outputs' | 'metadata' | 'waitRequest';

/** Values of a payload; missing fields are null, and integers beyond 2^53 are strings. */
export type PayloadValues = Readonly<Record<PayloadField, JsonValue>>;

/** Location of a payload in a response. Most payloads are never read, so they are parsed on demand. */
export interface Payload {
  /** JSON list of items, shared by all steps of a response. */
  readonly body: Uint8Array;
  /** Index of the item in the list. */
  readonly index: number;
  /** Digest of the values if the response is large: comparing the values would take a second. */
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

/** Tokens reported by an output. The object is flat, since cached records of many runs have one per node. */
export interface ReportedTokens extends TokenCounts {
  /** Model named by the output, or null. */
  readonly model: string | null;
  /** Part of the input that was written to the model's cache, or null if not reported. */
  readonly cacheWrites: number | null;
  /** `total_tokens` as sent, never a computed sum, or null if not reported. */
  readonly sentTotal: number | null;
}

/** Tokens of a step. `totalTokens` is the upstream's if above 0. */
export interface TokenUsage extends ReportedTokens {
  readonly source: TokenSource;
  /** Model whose prices apply: `model`, or the one named by the inputs. */
  readonly billedModel: string | null;
}

/** Computed when first read. */
export interface TokenReport {
  /** Usage, or null if no tokens are reported. */
  readonly usage: TokenUsage | null;
}

/** Period in which a step did no work because it waited for a person or an event. */
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
  /** Status as sent by the upstream. */
  readonly rawStatus: string;
  readonly status: StepStatus;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  /** Whole seconds, rounded down by the upstream, or null if unknown. Exact up to 2^53, so it may exceed an `Int`. */
  readonly elapsedTime: number | null;
  /** Error as sent, unless redacted. It may also state that there is none. */
  readonly error: string | null;
  /** Set if part of the error or payload was redacted. */
  readonly isRedacted?: boolean;
  /** Identifies the cause of a redacted error: equal for failures of one group. */
  readonly errorHash?: string | null;
  /** The fan-out item that this execution is for, or null if not reported. */
  readonly itemKey: string | null;
  /** Number of the attempt within node and item, from 1, or null if not reported. */
  readonly reportedAttempt: number | null;
  /** As reported: in any order, possibly overlapping. */
  readonly waits: readonly Wait[];
  readonly payload: Payload;
  /** Hash of the inputs, to recognize retries. Null if they are empty, or if the node ran once or never failed. */
  readonly inputsHash: string | null;
  /** The upstream's token count, exact up to 2^53, or null if not reported. */
  readonly tokens: number | null;
  /** Tokens reported by the payload or the upstream. */
  readonly reportedTokens: TokenReport;
  /** Position in the upstream's list, used as a tie-breaker. */
  readonly index: number;
  /** Why the entry is unreadable. Such an entry is reported as an error, and its other fields aren't used. */
  readonly problem?: string;
}

/** Run-level data from the upstream. */
export interface RunRecord {
  /** Id, or empty if the upstream sent no readable one. The record then only holds its position in the history. */
  readonly id: string;
  /** Status as sent by the upstream. */
  readonly rawStatus: string;
  readonly status: RunStatus;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  readonly elapsedTime: number | null;
  readonly error: string | null;
  /** As for a step. */
  readonly isRedacted?: boolean;
  readonly errorHash?: string | null;
  readonly payload: Payload;
  /** At most one token report per node, from its output in the record, and none for failed executions. */
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
  /** User id. */
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
  /** Whether the upstream couldn't be reached and the last good response is shown. */
  readonly isStale: boolean;
  readonly staleReason: string | null;
}

export interface RunFacts {
  readonly workflowId: string;
  readonly id: string;
  /** Record, or null if the upstream has none for this run. */
  readonly record: RunRecord | null;
  /** Steps, or null if they aren't loaded, in which case only fields of the record may be read. */
  readonly steps: readonly StepFacts[] | null;
  /** Why the steps couldn't be loaded. Fields that need steps throw it. */
  readonly stepsError?: Error | null;
  /** Graph, or null if none is known. Undefined if it isn't loaded: fields that need it throw. */
  readonly graph: WorkflowGraph | null | undefined;
  readonly freshness: Freshness;
}
