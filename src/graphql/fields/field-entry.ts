/** Entry of the field table, stored in the field's extensions. */
import type { GraphQLField } from 'graphql';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';

export interface FieldEntry {
  readonly requirement?: DataRequirement;
  /** Whether the resolver returns the parent's property, and throws only for numbers beyond `Int`. */
  readonly isIntCheck?: true;
  /** Whether the resolver reads `info`, which a compiled query then copies for each call. */
  readonly readsInfo?: true;
}

const NOTHING: FieldEntry = {};

type Field = Pick<GraphQLField<unknown, unknown>, 'extensions'>;

export const setEntry = (field: Field, entry: FieldEntry): void => {
  field.extensions = { entry };
};

/** A field without an entry is a property of its parent. */
export const entryOf = (field: Field): FieldEntry => (field.extensions.entry as FieldEntry | undefined) ?? NOTHING;
