/** What a workflow definition says: its graph, how long each node takes, what it answers and how it may go wrong. */
import type { Random } from './random.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** From, to: both included. */
export type Range = readonly [number, number];

/** How a node may go wrong. */
export interface Mishap {
  /** `transient`: it fails once and the retry succeeds. `fatal`: it fails at every attempt, and the run with it. */
  readonly kind: 'transient' | 'fatal';
  /** How often in drawn runs, 0…1. */
  readonly chance: number;
  /** As the wire says it: plain text, or the text of a JSON object. Its numbers may differ from run to run. */
  readonly error: string | ((random: Random) => string);
  /** For `fatal`: how many times it is tried; 1 if left out. */
  readonly attempts?: number;
  /** The failed step has outputs none the less: a model answered, and was paid, but its answer was of no use. */
  readonly answersAnyway?: true;
}

interface NodeOfAnyType {
  readonly id: string;
  readonly description: string;
  /** How long one execution takes. */
  readonly seconds: Range;
  readonly mishap?: Mishap;
  /** A node in a loop runs this many times; once if left out. */
  readonly iterations?: Range;
}

export interface ModelNode extends NodeOfAnyType {
  readonly type: 'model';
  /** In whose words it is asked and answers: chat completions if left out. */
  readonly api?: 'chat' | 'messages' | 'responses';
  readonly model: string;
  readonly system: string;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly promptTokens: Range;
  readonly completionTokens: Range;
  /** The URL of a picture that it is shown; of a chat completion. */
  readonly picture?: string;
  /** A tool that it called before it answers; of messages. */
  readonly tool?: ModelTool;
  /** How it was asked in earlier runs of the history. */
  readonly earlier?: Partial<Pick<ModelNode, 'system' | 'temperature'>>;
  /** A part of its completion tokens are reasoning tokens. */
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
  /** Branch name → the nodes it leads to; a node in none of them is led to by every branch. */
  readonly branches: Readonly<Record<string, readonly string[]>>;
  /** Which branch a run with these inputs takes; chance decides if left out. */
  readonly branchFor?: (inputs: JsonObject) => string;
}

export interface TaskNode extends NodeOfAnyType {
  readonly type: 'code' | 'integration';
  readonly answer: (random: Random) => Json;
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
  /** Between nodes; the wire adds START before `entry` and END after `finish`. */
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly entry: string;
  readonly finish: string;
  /** What the step list says of a node that no branch led to: a step with the status `skipped`, or nothing. */
  readonly untakenNodesAre: 'skipped' | 'absent';
  readonly exampleInputs: (random: Random) => JsonObject;
}
