/** An entry of the field table, as the cost limit and look-ahead read it. */
import type { GraphQLField } from 'graphql';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';
import type { ArgumentValues } from './argument-values.ts';

/** What one field costs. Everything left out costs nothing. */
export interface FieldCost {
  /** Upstream calls for the field itself. */
  readonly calls?: (given: ArgumentValues, run: RunCalls) => number;
  /** How often the field's selection is answered, at most: once for an object, ASSUMED_LIST_SIZE for a list. */
  readonly items?: number | ((given: ArgumentValues) => number);
  /** The same for counting objects, where it is not the same. */
  readonly objects?: number | ((given: ArgumentValues) => number);
  /** Reads the list of workflows: one upstream call for all such fields of an operation. */
  readonly readsWorkflows?: true;
}

/** Upstream calls for a run that the field answers, by what is selected of it. */
export interface RunCalls {
  /** Its record, and its steps if they are read. Without records, its steps only. */
  byId(): number;
  /** A run of a page came with its record. */
  ofPage(): number;
  /** By its id, whatever is selected. */
  withSteps(): number;
}

/** Lists whose length only the upstream knows. */
export const ASSUMED_LIST_SIZE = 10;

export interface FieldEntry extends FieldCost {
  readonly requirement?: DataRequirement;
  /** The resolver answers the parent's property, and throws only for what `Int` can't hold either. */
  readonly isIntCheck?: true;
}

const NOTHING: FieldEntry = {};

/** A field without an entry is a property of its parent: it costs nothing by itself. */
export const entryOf = (field: GraphQLField<unknown, unknown>): FieldEntry =>
  (field.extensions.entry as FieldEntry | undefined) ?? NOTHING;
