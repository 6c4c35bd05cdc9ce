/** An embedder's schema extension: types and fields in SDL, and an entry for each computed field. */
import type { Run, Step } from '../../domain/types.ts';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';
import type { WorkflowRef } from '../object-references.ts';
import type { FieldContext } from './field-context.ts';

/** `Own` has the parents of fields of own types, such as `SchemaExtension<{ Invoice: { cents: number } }>`. */
export interface SchemaExtension<Own extends object = object> {
  /** `extend type Run { … }`, and new object, enum and input types. */
  readonly typeDefs: string;
  readonly fields: ExtensionFields<Own>;
}

/** Entries by type and field. Without an entry, a field of a new type is a property of its parent. */
export type ExtensionFields<Own extends object = object> = {
  readonly [Name in keyof Own]?: Entries<Own[Name]>;
} & {
  readonly Run?: Entries<Run>;
  readonly Step?: Entries<Step>;
  readonly Workflow?: Entries<WorkflowRef>;
  readonly Query?: Entries<undefined>;
  readonly Mutation?: Entries<undefined>;
  readonly [typeName: string]: Entries<never>;
};

type Entries<Parent> = Readonly<Record<string, ExtensionField<Parent>>> | undefined;

export interface ExtensionField<Parent> {
  /** The result may be cached for the viewer, so it must depend only on the parent, the arguments and the context. */
  resolve(parent: Parent, args: Readonly<Record<string, unknown>>, context: FieldContext): unknown;
  /** Parts of the run that a field of `Run` reads. */
  readonly requirement?: DataRequirement | undefined;
  /**
   * How long, in milliseconds, the result stays valid while the run doesn't change. Infinity if only the parent
   * matters.
   */
  readonly cacheMs?: number | undefined;
}

/** A run with its steps and graph, and an uncached response. */
export const DEFAULTS = { requirement: 'GRAPH', cacheMs: 0 } as const;
