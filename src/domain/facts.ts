/** What the upstream told of runs, steps and workflows, once its wire shapes have been checked and translated. */
import type { Timestamp } from './timestamp.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export type PayloadField = 'inputs' | 'outputs' | 'metadata';

/** What a step took in and gave out: of any size and shape, nested at most MAX_JSON_DEPTH levels deep. */
export interface StepPayload {
  readonly inputs: JsonValue;
  readonly outputs: JsonValue;
  readonly metadata: JsonValue;
  /** The fields that are null only because their value can't be written as JSON. */
  readonly unreadable: readonly UnreadableField[];
}

export interface UnreadableField {
  readonly field: PayloadField;
  readonly problem: string;
  /** Of its value as JSON text. */
  readonly sizeBytes: number;
}

export type RunPayload = Omit<StepPayload, 'metadata'>;

/** Each field is read anew from its text when it is asked for, unless that was done a moment ago: most of it nobody ever asks for. */
export interface ReadPayload<Payload> {
  (): Payload;
  /** Null for a field without a value. */
  readonly texts?: Readonly<Record<PayloadField, PayloadText | null>>;
  /** Bytes of the memory that it keeps. */
  readonly heldBytes?: number;
}

/** JSON in UTF-8, as the upstream wrote it. */
export interface PayloadText {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  /** True where it says just what its value says when it is written again. */
  readonly isPlain: boolean;
}

/** One execution of a node, as the upstream told it. */
export interface StepFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly userId: string | null;
  readonly organizationId: string | null;
  readonly rawStatus: string;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  /** Whole seconds, floored by the upstream. Exact up to 2^53, so it may be beyond an `Int`. */
  readonly elapsedTime: number | null;
  /** As the upstream sent it: it may be a text that says that there is no error. */
  readonly error: string | null;
  readonly payload: ReadPayload<StepPayload>;
  /** Exact up to 2^53. */
  readonly tokens: number | null;
  /** The position in the upstream's list: the tie-breaker of every order. */
  readonly index: number;
  /** Why the entry can't be read. Then nothing else of it is used: it counts in nothing, and is listed as an error. */
  readonly problem?: string;
}

/** What the upstream says of a run as a whole. */
export interface RunRecord {
  /** Empty where the upstream gave none that can be read: then it only keeps its position in the history. */
  readonly id: string;
  readonly rawStatus: string;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  readonly elapsedTime: number | null;
  readonly error: string | null;
  readonly payload: ReadPayload<RunPayload>;
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
  /** True when the run is over and will never change. */
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
