/** What the upstream told of runs, steps and workflows, once its wire shapes have been checked and translated. */
import type { RunStatus, StepStatus } from './status.ts';
import type { Timestamp } from './timestamp.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export type PayloadField = 'inputs' | 'outputs' | 'metadata';

/** The values of a payload; null for a field without one. Integers beyond 2^53 are text. */
export type PayloadValues = Readonly<Record<PayloadField, JsonValue>>;

/** Where the payload of a step or a run is. Most of it is never read, so it is parsed again where it is. */
export interface Payload {
  /** JSON, a list of items. The steps of one answer share it. */
  readonly body: Uint8Array;
  /** The position of the item in the list. */
  readonly index: number;
  /** Bytes of the memory that it keeps. */
  readonly heldBytes: number;
}

export type TokenSource = 'UPSTREAM' | 'OUTPUTS';

/** Exact up to 2^53, so a count may be beyond an `Int`. */
export interface TokenCounts {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly totalTokens: number | null;
  /** A part of `inputTokens`, never to be added to it. */
  readonly cachedInputTokens: number | null;
  /** A part of `outputTokens`, never to be added to it. */
  readonly reasoningTokens: number | null;
}

export interface TokenUsage extends TokenCounts {
  readonly model: string | null;
  readonly source: TokenSource;
}

/** What an output reports. One flat object: the records of many runs are cached with one for each node. */
export interface ReportedTokens extends TokenCounts {
  /** The model that the output names. */
  readonly model: string | null;
  /** The part of the input that was written to the model's cache. */
  readonly cacheWrites: number | null;
  /** `total_tokens` itself, not the sum of the others. */
  readonly toldTotal: number | null;
}

export interface BilledCounts {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrites: number;
  readonly output: number;
  readonly reasoning: number;
}

/** What a model call is billed by. */
export interface BilledTokens {
  readonly model: string | null;
  readonly counts: BilledCounts | null;
}

/** One execution of a node, as the upstream told it. */
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
  /** Whole seconds, floored by the upstream. Exact up to 2^53, so it may be beyond an `Int`. */
  readonly elapsedTime: number | null;
  /** As the upstream sent it: it may be a text that says that there is no error. */
  readonly error: string | null;
  readonly payload: Payload;
  /** Exact up to 2^53. */
  readonly tokens: number | null;
  /** Read of its payload. Null where neither that nor the upstream reports tokens. */
  readonly tokenUsage: TokenUsage | null;
  /** The same tokens by price. Null where `tokenUsage` is. */
  readonly billedTokens: BilledTokens | null;
  /** The position in the upstream's list: the tie-breaker of every order. */
  readonly index: number;
  /** Why the entry can't be read. Then nothing else of it is used: it counts in nothing, and is listed as an error. */
  readonly problem?: string;
}

/** What the upstream says of a run as a whole. */
export interface RunRecord {
  /** Empty where the upstream gave none that can be read: then it only keeps its position in the history. */
  readonly id: string;
  /** The upstream's word. */
  readonly rawStatus: string;
  readonly status: RunStatus;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  readonly elapsedTime: number | null;
  readonly error: string | null;
  readonly payload: Payload;
  /** Of each node whose output in the record reports tokens: one output a node, and none of failed executions. */
  readonly nodeTokens: readonly ReportedTokens[];
}

export interface WorkflowNode {
  readonly id: string;
  readonly type: string | null;
  readonly description: string | null;
}

export interface WorkflowEdge {
  readonly from: string;
  readonly to: string;
}

/** A workflow, as the upstream lists it. */
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
  readonly graph: WorkflowGraph | null;
}

/** A workflow's graph. START and END are not nodes, and no edge names them: `entry` and `finish` do. */
export interface WorkflowGraph {
  readonly nodes: readonly WorkflowNode[];
  readonly edges: readonly WorkflowEdge[];
  readonly entry: string | null;
  readonly finish: string | null;
}

/** How far what is shown can be trusted to be the present state. */
export interface Freshness {
  /** When the oldest part of it was fetched. */
  readonly fetchedAt: Timestamp;
  /** True when the run is over and what was read of it will never change. */
  readonly isFinal: boolean;
  /** True when the upstream could not be asked and the last good answer is shown. */
  readonly isStale: boolean;
  readonly staleReason: string | null;
}

export interface RunFacts {
  readonly workflowId: string;
  readonly id: string;
  /** Null where the upstream offers none, or has none of this run. */
  readonly record: RunRecord | null;
  /** Null when they were not loaded: then only what the record tells may be read. */
  readonly steps: readonly StepFacts[] | null;
  /** Why they could not be loaded: whatever needs them throws it. */
  readonly stepsError?: Error | null;
  /** Null when it was loaded, and none is known; undefined when it was not loaded: then nothing that needs it may be read. */
  readonly graph: WorkflowGraph | null | undefined;
  readonly freshness: Freshness;
}
