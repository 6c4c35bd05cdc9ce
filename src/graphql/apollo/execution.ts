/** An operation in Apollo Server, and its progress. */
import type { Attributes } from '../../auth/viewer.ts';
import type { Operation, Valid } from '../operations/operation.ts';

/** The `contextValue` of an embedder's plugins. */
export interface PluginContext {
  readonly requestId: string;
  /** Identifies the caller within this process, or null without a credential. */
  readonly viewerId: string | null;
  /** Attributes that the `authenticate` hook returned for the caller. */
  readonly attributes: Attributes;
}

/** Progress of an operation. */
export type Progress =
  | { readonly stage: 'NEW'; readonly valid: null }
  | { readonly stage: 'VALID' | 'SUBSCRIPTION'; readonly valid: Valid }
  /** `errors` are unformatted, and null if there are none. */
  | { readonly stage: 'EXECUTED'; readonly valid: Valid; readonly errors: readonly unknown[] | null };

/** An operation in Apollo Server, which copies the context value but not this object. */
export class Execution {
  readonly operation: Operation;
  progress: Progress = { stage: 'NEW', valid: null };

  constructor(operation: Operation) {
    this.operation = operation;
  }

  get valid(): Valid {
    const { valid } = this.progress;
    if (!valid) throw new Error('The operation must be validated before it is executed');
    return valid;
  }
}

export interface OperationContext extends PluginContext {
  readonly execution: Execution;
}
