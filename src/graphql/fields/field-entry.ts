/** Entry of the field table, as the cost limit and look-ahead read it. */
import type { GraphQLField } from 'graphql';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';
import type { ArgumentValues } from './argument-values.ts';

/** Cost of one field. A missing property costs nothing. */
export interface FieldCost {
  /** Upstream calls for the field itself. */
  readonly calls?: (given: ArgumentValues, run: RunCalls) => number;
  /** Maximum number of times that the selection is answered. Default: 1 for an object, ASSUMED_LIST_SIZE for a list. */
  readonly items?: number | ((given: ArgumentValues) => number);
  /** Replaces `items` when objects are counted. */
  readonly objects?: number | ((given: ArgumentValues) => number);
  /** True if the field reads the list of workflows: one upstream call for all such fields of an operation. */
  readonly readsWorkflows?: true;
}

/** Upstream calls for a run that the field returns, depending on its selection. */
export interface RunCalls {
  /** Loads the record, and the steps if they are read. Without records, only the steps. */
  byId(): number;
  /** The record of a run on a page is already loaded. */
  ofPage(): number;
  /** Loads record and steps, whatever is selected. */
  withSteps(): number;
}

/** Assumed length of lists whose length only the upstream knows. */
export const ASSUMED_LIST_SIZE = 10;

export interface FieldEntry extends FieldCost {
  readonly requirement?: DataRequirement;
  /** True if the resolver returns the parent's property and throws only for numbers beyond `Int`. */
  readonly isIntCheck?: true;
}

const NOTHING: FieldEntry = {};

/** A field without an entry is a property of its parent and costs nothing. */
export const entryOf = (field: GraphQLField<unknown, unknown>): FieldEntry =>
  (field.extensions.entry as FieldEntry | undefined) ?? NOTHING;
