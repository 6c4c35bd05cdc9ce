/** What an embedder adds to the schema: types and fields in SDL, and an entry for each field that computes something. */
import type { Run, Step } from '../../domain/types.ts';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';
import type { WorkflowRef } from '../object-references.ts';
import type { FieldContext } from './field-context.ts';

export interface SchemaExtension {
  /** `extend type Run { … }`, and object, enum and input types of one's own. */
  readonly typeDefs: string;
  readonly fields: ExtensionFields;
}

/** By type and field. A field of one's own type is a property of its parent if it has no entry. */
export interface ExtensionFields {
  readonly Run?: Readonly<Record<string, ExtensionField<Run>>>;
  readonly Step?: Readonly<Record<string, ExtensionField<Step>>>;
  readonly Workflow?: Readonly<Record<string, ExtensionField<WorkflowRef>>>;
  readonly Query?: Readonly<Record<string, ExtensionField<undefined>>>;
  readonly Mutation?: Readonly<Record<string, ExtensionField<undefined>>>;
  readonly [typeName: string]: Readonly<Record<string, ExtensionField<never>>> | undefined;
}

/** What is left out counts as if the field needed much: see `UNPRICED`. */
export interface ExtensionField<Parent> {
  /** Gets nothing of the request but its arguments and the context: what it answers may be cached for the viewer. */
  resolve(parent: Parent, args: Readonly<Record<string, unknown>>, context: FieldContext): unknown;
  /** Of a field of `Run`: the parts of the run that it reads. */
  readonly requirement?: DataRequirement;
  /** Upstream calls that the context's loaders may make for it; 0: it has no loaders. */
  readonly calls?: number;
  /** Of a list: its greatest length. */
  readonly items?: number;
  /** How long what it answers stays right while the run does not change. Infinity: it follows from its parent alone. */
  readonly cacheMs?: number;
}

/** One run with its steps and graph, a long list, and no cached answer. */
export const UNPRICED = { requirement: 'GRAPH', calls: 2, items: 100, cacheMs: 0 } as const;
