/** The definition of a workflow: its graph, and the duration, outputs and errors of each node. */
import type { Random } from './random.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** When a run in the history started: before or after the model requests changed, or during the incident. */
export type Era = 'earlier' | 'usual' | 'incident';

/** Minimum and maximum, both inclusive. */
export type Range = readonly [number, number];

/** How a node may fail. */
export interface Mishap {
  /** `transient`: one attempt fails and the retry succeeds. `fatal`: each attempt fails, and so does the run. */
  readonly kind: 'transient' | 'fatal';
  /** Probability in random runs, 0…1. */
  readonly chance: number;
  /** The error as sent: plain text, or a JSON object as a string. Its numbers may differ between runs. */
  readonly error: string | ((random: Random) => string);
  /** For `fatal`: the number of attempts. Default: 1. */
  readonly attempts?: number;
  /** The failed step has outputs: the model answered, and was paid, but its answer was useless. */
  readonly answersAnyway?: true;
}

interface NodeOfAnyType {
  readonly id: string;
  readonly description: string;
  /** Duration of one execution. */
  readonly seconds: Range;
  readonly mishap?: Mishap;
  /** Number of executions, for a node in a loop. Default: 1. */
  readonly iterations?: Range;
}

export interface ModelNode extends NodeOfAnyType {
  readonly type: 'model';
  /** The API of its requests and responses. Default: chat completions. */
  readonly api?: 'chat' | 'messages' | 'responses';
  readonly model: string;
  readonly system: string;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly promptTokens: Range;
  readonly completionTokens: Range;
  /** URL of a picture in the request; for chat completions. */
  readonly picture?: string;
  /** A tool call before the answer; for messages. */
  readonly tool?: ModelTool;
  /** Its request in runs from another era. */
  readonly requests?: Readonly<
    Partial<Record<Exclude<Era, 'usual'>, Partial<Pick<ModelNode, 'model' | 'system' | 'temperature'>>>>
  >;
  /** Some of its completion tokens are reasoning tokens. */
  readonly reasons?: true;
  readonly reply: (random: Random, inputs: JsonObject) => string;
}

export interface ModelTool {
  readonly name: string;
  readonly arguments: (runInputs: JsonObject) => JsonObject;
  readonly result: string;
}

export interface RetrievalNode extends NodeOfAnyType {
  readonly type: 'knowledge_retrieval';
  readonly knowledgeBase: string;
  readonly passages: number;
  readonly passageCharacters: number;
}

export interface ConditionNode extends NodeOfAnyType {
  readonly type: 'conditional';
  /** Nodes by branch name. A node in no branch follows every branch. */
  readonly branches: Readonly<Record<string, readonly string[]>>;
  /** The branch of a run with these inputs. Default: random. */
  readonly branchFor?: (inputs: JsonObject) => string;
}

/** The shape of an answer: an object with these members. */
export interface AnswerForm {
  readonly properties: Readonly<Record<string, { readonly type: 'boolean' | 'string'; readonly title: string }>>;
  readonly required: readonly string[];
}

export interface TaskNode extends NodeOfAnyType {
  readonly type: 'code' | 'integration';
  readonly answer: (random: Random) => Json;
  /** What it asks a person in runs that wait. */
  readonly asks?: { readonly message: string; readonly form: AnswerForm };
}

export type WorkflowNode = ModelNode | RetrievalNode | ConditionNode | TaskNode;

export interface WorkflowDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly isPublic: boolean;
  readonly createdBy: string;
  /** ISO 8601 with microseconds and `Z`. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly nodes: readonly [WorkflowNode, ...WorkflowNode[]];
  /** Edges between nodes. Responses add START before `entry` and END after `finish`. */
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly entry: string;
  readonly finish: string;
  /** Whether a node on no taken branch has a `skipped` step or no step. */
  readonly untakenNodesAre: 'skipped' | 'absent';
  readonly exampleInputs: (random: Random) => JsonObject;
}
