/** Schema extension of an embedder: types and fields in SDL, and an entry for each computed field. */
import type { Run, Step } from '../../domain/types.ts';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';
import type { WorkflowRef } from '../object-references.ts';
import type { FieldContext } from './field-context.ts';

export interface SchemaExtension {
  /** `extend type Run { … }`, and new object, enum and input types. */
  readonly typeDefs: string;
  readonly fields: ExtensionFields;
}

/** Entries by type and field. A field of a new type without an entry is a property of its parent. */
export interface ExtensionFields {
  readonly Run?: Readonly<Record<string, ExtensionField<Run>>>;
  readonly Step?: Readonly<Record<string, ExtensionField<Step>>>;
  readonly Workflow?: Readonly<Record<string, ExtensionField<WorkflowRef>>>;
  readonly Query?: Readonly<Record<string, ExtensionField<undefined>>>;
  readonly Mutation?: Readonly<Record<string, ExtensionField<undefined>>>;
  readonly [typeName: string]: Readonly<Record<string, ExtensionField<never>>> | undefined;
}

export interface ExtensionField<Parent> {
  /** The result may be cached for the viewer, so it must depend only on the parent, the arguments and the context. */
  resolve(parent: Parent, args: Readonly<Record<string, unknown>>, context: FieldContext): unknown;
  /** Parts of the run that a field of `Run` reads. */
  readonly requirement?: DataRequirement;
  /** @deprecated Ignored. MAX_UPSTREAM_CALLS limits the calls of an operation. */
  readonly calls?: number;
  /** @deprecated Ignored. MAX_OPERATION_OBJECTS limits the objects of an answer. */
  readonly items?: number;
  /** Milliseconds for which the result of an unchanged run is valid. Infinity if only the parent matters. */
  readonly cacheMs?: number;
}

/** A run with its steps and graph, and an answer that is not cached. */
export const DEFAULTS = { requirement: 'GRAPH', cacheMs: 0 } as const;
