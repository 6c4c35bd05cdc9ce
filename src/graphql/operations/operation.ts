/** One GraphQL operation on any transport, and its outcome. */
import type { DocumentNode, FormattedExecutionResult } from 'graphql';
import type { Caller } from '../../auth/caller.ts';
import type { Requester } from '../../upstream/requesters.ts';
import type { OperationRecord, OperationStart, OperationType } from '../../observability/operation-record.ts';
import type { Ticket } from '../../admission/ticket.ts';
import type { Context } from '../context.ts';
import type { LiveEvents } from '../subscriptions/live-events.ts';
import type { PreparedDocument } from './documents.ts';

/** Parameters from the client. Only their types have been checked. */
export interface OperationParams {
  /** Document, missing if the operation is named instead. */
  readonly query?: string | null | undefined;
  /** Name of a persisted operation. `id` is the older spelling. */
  readonly documentId?: string | null | undefined;
  readonly id?: string | null | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** What the transport knows about a request. */
export interface OperationRequest extends Omit<OperationStart, 'viewerId' | 'callerName'> {
  readonly caller: Caller;
  /** Whose share of the upstream it uses. */
  readonly requester: Requester;
  /** Authenticates again, because an open connection has no rights by itself. */
  readonly authenticate: () => Caller | Promise<Caller>;
  /** Operation types that the transport allows. */
  readonly allowed: ReadonlySet<OperationType>;
  readonly client: Client;
  /** Admits an event of a subscription, of this size, once its owner has capacity. */
  readonly admitEvent: (bytes: number, isGone: () => boolean) => Ticket | Promise<Ticket>;
}

export interface Client {
  /** Fires when the client has disconnected, or its subscription must end. */
  signal(): AbortSignal;
  /** Fires the signal. */
  abort(): void;
  isGone(): boolean;
}

export interface ResolvedOperation {
  /** Document; empty if the request doesn't identify one. */
  readonly text: string;
  /** Hash with which the client registers the document (APQ), or null. */
  readonly registers: string | null;
}

/** An operation that may be executed if valid. */
export interface Operation {
  readonly request: OperationRequest;
  readonly ticket: Ticket;
  readonly params: OperationParams;
  readonly record: OperationRecord;
  readonly context: Context;
  readonly source: ResolvedOperation;
  /** Cached document, or null for a new one. */
  readonly known: PreparedDocument | null;
  /** Syntax tree of a new document, without locations. Null for a known document, or if it can't be parsed. */
  readonly parsed: DocumentNode | null;
}

/** Parts of a valid operation. */
export interface Valid {
  readonly document: PreparedDocument;
  readonly queryHash: string;
}

/** Result of an operation. `data` is missing if nothing was executed. */
export interface Answer {
  readonly kind: 'answer';
  readonly result: FormattedExecutionResult;
  readonly status: number;
  /** When the response expires, in milliseconds since 1970. 0 means it isn't cached. */
  readonly untilMs: number;
  /** Headers set by plugins, missing if Apollo Server wasn't called. */
  readonly headers?: ReadonlyMap<string, string>;
}

export interface Events {
  readonly kind: 'events';
  readonly events: LiveEvents;
}

export type Outcome = Answer | Events;

/** A response with only errors. `data` is null if the operation was executed, otherwise missing. */
export function errorAnswer(errors: FormattedExecutionResult['errors'] & object, status: number, data?: null): Answer {
  return { kind: 'answer', result: data === undefined ? { errors } : { errors, data }, status, untilMs: 0 };
}
