/** Entry of the field table, as it is kept in the field's extensions. */
import type { GraphQLField } from 'graphql';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';

export interface FieldEntry {
  readonly requirement?: DataRequirement;
  /** True if the resolver returns the parent's property and throws only for numbers beyond `Int`. */
  readonly isIntCheck?: true;
}

const NOTHING: FieldEntry = {};

/** A field without an entry is a property of its parent. */
export const entryOf = (field: GraphQLField<unknown, unknown>): FieldEntry =>
  (field.extensions.entry as FieldEntry | undefined) ?? NOTHING;
