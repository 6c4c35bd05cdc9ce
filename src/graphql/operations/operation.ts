/** One GraphQL operation of any transport, and its outcome. */
import type { DocumentNode, FormattedExecutionResult } from 'graphql';
import type { Caller } from '../../auth/caller.ts';
import type { OperationRecord, OperationStart, OperationType } from '../../observability/operation-record.ts';
import type { Context } from '../context.ts';
import type { LiveEvents } from '../subscriptions/live-events.ts';
import type { PreparedDocument } from './documents.ts';
import type { Allowance } from './rate-limit.ts';

/** The parameters as the client sent them. Only their types were checked. */
export interface OperationParams {
  /** The text; left out where the operation is named instead. */
  readonly query?: string | null | undefined;
  /** The name of a persisted operation. `id` is its older spelling. */
  readonly documentId?: string | null | undefined;
  readonly id?: string | null | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** What its transport knows of a request for an operation. */
export interface OperationRequest extends Omit<OperationStart, 'viewerId'> {
  readonly caller: Caller;
  /** Authenticates again: an open connection has no rights of its own. */
  readonly authenticate: () => Caller | Promise<Caller>;
  /** Null where the key of the caller is accepted. */
  readonly unaccepted: UnacceptedCaller | null;
  /** The types that the transport allows. */
  readonly allowed: ReadonlySet<OperationType>;
  readonly client: Client;
}

/** A caller without a key, or with one that neither the gateway nor the upstream has accepted yet: it can be invented. */
export interface UnacceptedCaller {
  /** Counts operations against the address of the caller. */
  readonly take: (operations: number) => Allowance | Promise<Allowance>;
  /** Runs an operation when it is its turn. Rejects with RATE_LIMITED where too many wait. */
  readonly inTurn: <T>(run: () => Promise<T>) => Promise<T>;
}

/** The client that waits for the answer. */
export interface Client {
  /** Fires when the client has disconnected, and when its subscription has to end. */
  signal(): AbortSignal;
  /** Fires the signal. */
  abort(): void;
  isGone(): boolean;
  /** Reserves bytes until the client has taken its answer. Throws RATE_LIMITED where too many are reserved. */
  hold(bytes: number): () => void;
  /** The same, but waits while too many are reserved. */
  holdWhenFree(bytes: number): Promise<() => void>;
}

export interface ResolvedOperation {
  /** Empty where the request names no operation at all. */
  readonly text: string;
  /** The hash by which the client registers the text (APQ); null where it does not. */
  readonly registers: string | null;
}

/** An operation on its way through Apollo Server: each plugin finds it as `contextValue.operation`. */
export interface Operation {
  readonly request: OperationRequest;
  readonly params: OperationParams;
  readonly record: OperationRecord;
  readonly context: Context;
  readonly source: ResolvedOperation;
  /** The syntax tree of a new text, without locations. Null for a known text, and for one that cannot be parsed. */
  readonly parsed: DocumentNode | null;
  /** Null until the text has been validated. */
  document: PreparedDocument | null;
  /** True for a valid subscription: its transport subscribes. */
  isSubscription: boolean;
  /** Of its execution, not formatted yet. Null: there are none. */
  errors: readonly unknown[] | null;
}

/** The result of an operation. `data` is left out where nothing was executed. */
export interface Answer {
  readonly kind: 'answer';
  readonly result: FormattedExecutionResult;
  readonly status: number;
  /** When the answer expires, in milliseconds since 1970; 0: it is not cached. */
  readonly untilMs: number;
  /** Those that plugins have set. Left out where Apollo Server was not asked. */
  readonly headers?: ReadonlyMap<string, string>;
}

export interface Events {
  readonly kind: 'events';
  readonly events: LiveEvents;
}

export type Outcome = Answer | Events;

/** Errors alone. `data` is null where something was executed, and else left out. */
export function errorAnswer(errors: FormattedExecutionResult['errors'] & object, status: number, data?: null): Answer {
  return { kind: 'answer', result: data === undefined ? { errors } : { errors, data }, status, untilMs: 0 };
}
