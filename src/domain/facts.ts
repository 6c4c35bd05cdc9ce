/** What the upstream told of runs, steps and workflows, once its wire shapes have been checked and translated. */
import type { Timestamp } from './timestamp.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** What a step took in and gave out: of any size and shape. */
export interface StepPayload {
  readonly inputs: JsonValue;
  readonly outputs: JsonValue;
  readonly metadata: JsonValue;
}

export type RunPayload = Omit<StepPayload, 'metadata'>;

/** One execution of a node, as the upstream told it. */
export interface StepFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly userId: string | null;
  readonly organizationId: string | null;
  readonly rawStatus: string;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  /** Whole seconds, floored by the upstream. */
  readonly elapsedTime: number | null;
  /** Null where nothing went wrong (the wire also says `""`). */
  readonly error: string | null;
  /** Reads it anew from the text that is cached, unless that was done a moment ago: most of it nobody ever asks for. */
  readonly payload: () => StepPayload;
  readonly tokens: number | null;
  /** The position in the upstream's list: the tie-breaker of every order. */
  readonly index: number;
}

/** What the upstream says of a run as a whole. */
export interface RunRecord {
  readonly id: string;
  readonly rawStatus: string;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
  readonly elapsedTime: number | null;
  readonly error: string | null;
  /** As of a step. */
  readonly payload: () => RunPayload;
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
  /** Null when they were not asked for: then only what the record tells may be read. */
  readonly steps: readonly StepFacts[] | null;
  /** Null when it is not known. */
  readonly graph: WorkflowGraph | null;
  readonly freshness: Freshness;
}
