/**
 * Pipeline for operations on every transport: persisted operation → limits of a new document → Apollo Server with its
 * plugins → response, or events of a subscription.
 */
import {
  createSourceEventStream,
  parse,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { namesOf, type Caller } from '../../auth/caller.ts';
import type { Bounded } from '../../domain/bounded-json.ts';
import type { JsonParts } from '../../domain/json-part.ts';
import { isDeeperThan, MAX_JSON_DEPTH } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/types.ts';
import type { OperationRecord } from '../../observability/operation-record.ts';
import type { Observer } from '../../observability/observer.ts';
import type { Apollo } from '../apollo/server.ts';
import type { Ticket } from '../../admission/ticket.ts';
import { createContext, type ContextSource } from '../context.ts';
import { PayloadReader } from '../payload-reader.ts';
import type { SourceEvent } from '../subscriptions/live-events.ts';
import { keptParams } from '../subscriptions/kept-params.ts';
import type { EventsOf } from '../subscriptions/subscriptions.ts';
import type { Documents } from './documents.ts';
import { causeOf, requestError, statusOf, type ErrorFormatting } from './error-formatting.ts';
import { MAX_TOKENS, nestingProblem, passedLimit } from './limits.ts';
import {
  errorAnswer,
  type Answer,
  type Operation,
  type OperationParams,
  type OperationRequest,
  type Outcome,
  type Valid,
} from './operation.ts';
import type { PersistedOperations } from './persisted-operations.ts';
import { executionArgs } from './execution-args.ts';

export type Operations = ReturnType<typeof createOperations>;

export interface OperationsOptions {
  readonly schema: GraphQLSchema;
  readonly apollo: Apollo;
  readonly persisted: PersistedOperations;
  readonly documents: Documents;
  readonly eventsOf: EventsOf;
  readonly errors: ErrorFormatting;
  readonly contextSource: ContextSource;
  readonly parts: JsonParts;
  readonly observer: Observer;
}

/** Parts of an admitted operation. */
type Admitted = Pick<Operation, 'request' | 'ticket' | 'params' | 'record'> & { readonly own: string | null };

export function createOperations(options: OperationsOptions) {
  const { schema, apollo, persisted, documents, eventsOf, errors, contextSource, parts, observer } = options;

  const recordOf = ({ transport, requestId, clientInfo, http, caller }: OperationRequest): OperationRecord =>
    observer.begin({ transport, requestId, clientInfo, http, ...namesOf(caller) });

  /** Rejects with the error of an operation that must not reach Apollo Server. */
  async function begin({ request, ticket, params, record, own }: Admitted): Promise<Operation> {
    const { caller, requester, requestId, client } = request;
    if (isDeeperThan((params.variables ?? null) as JsonValue, MAX_JSON_DEPTH)) throw tooDeep();
    const resolved = own === null ? persisted.resolve(params) : { text: own, registers: null };
    const source = resolved instanceof Promise ? await resolved : resolved;
    const turn = ticket.turn();
    if (turn) await turn;
    const known = documents.find(source.text) ?? null;
    const tooNested = known ? null : nestingProblem(source.text);
    if (tooNested) throw tooNested;
    const parsed = known ? null : parseWithoutLocations(source.text);
    const passed = parsed && passedLimit(parsed);
    if (passed) throw passed;
    const context = createContext(contextSource, {
      caller,
      requester,
      requestId,
      signal: () => client.signal(),
      ticket,
      operationRecord: record,
    });
    return { request, ticket, params, record, context, source, known, parsed };
  }

  async function runStages(admitted: Admitted): Promise<Outcome> {
    const operation = await begin(admitted);
    const { response, progress } = await apollo.execute(operation);
    const { body, http } = response;
    if (body.kind !== 'single') throw new Error('Apollo Server must return one result, got several');
    const { untilMs } = operation.context.lifetime;
    const outcome: Outcome =
      progress.stage === 'SUBSCRIPTION'
        ? await subscribe(operation, progress.valid)
        : { kind: 'answer', result: body.singleResult, status: http.status ?? 200, headers: http.headers, untilMs };
    if (progress.valid) keep(operation, progress.valid, outcome);
    return outcome;
  }

  async function subscribe(operation: Operation, { document }: Valid): Promise<Outcome> {
    const { request, ticket, context, record } = operation;
    const params = keptParams(document.ast, operation.params);
    const source = await createSourceEventStream(executionArgs(schema, document, params, context));
    if (isResult(source)) {
      const { errors: found = [] } = source;
      return errorAnswer(errors.format(found, record), statusOf(causeOf(found[0])));
    }
    // The `subscribe` of each subscription returns source events.
    const changes = source as AsyncIterable<SourceEvent, undefined>;
    return { kind: 'events', events: eventsOf(changes, { request, ticket, params, record, document }) };
  }

  /** Nothing is cached for an operation until an authenticated caller has sent it successfully. */
  function keep(
    { request: { caller }, record, source }: Operation,
    { document, queryHash }: Valid,
    outcome: Outcome,
  ): void {
    if (!caller.viewer || !isSuccess(outcome, caller, record.upstreamCalls)) return;
    documents.keep(document, queryHash);
    persisted.register(source);
  }

  /** With an accepted key, errors and events count as success. Any key may get data without an upstream call. */
  function isSuccess(outcome: Outcome, caller: Caller, upstreamCalls: number): boolean {
    if (contextSource.standing(caller) === 'FRESH') return outcome.kind === 'events' || outcome.result.data != null;
    return outcome.kind === 'answer' && outcome.result.data != null && !outcome.result.errors && upstreamCalls > 0;
  }

  return {
    /** Requests of two revisions may mean different operations: see `Safelist`. */
    get revision(): number {
      return persisted.revision;
    },

    /** Bytes of a string from `JSON.stringify` that contains results. Must be called in the same turn. */
    write: (text: string): Buffer => parts.write(text),

    /** Limits the size of what `JSON.stringify` writes of a result. */
    bounded(json: string, maxBytes: number, ticket: Ticket): Bounded | Promise<Bounded> {
      const room = () => ({ steps: 0, bytes: 0 });
      const check = () => undefined;
      const reader = new PayloadReader({ ...contextSource.payloadReading, ticket, check, room });
      return reader.ask(parts.write(json), { name: 'bounded', args: { maxBytes } });
    },

    /** Never rejects. `own` is a document of the gateway, which need not be in a manifest. */
    async run(
      request: OperationRequest,
      ticket: Ticket,
      params: OperationParams,
      own: string | null = null,
    ): Promise<Outcome> {
      const record = recordOf(request);
      const outcome = await runStages({ request, ticket, params, record, own }).catch((error: unknown) =>
        errorAnswer(errors.format([error], record), statusOf(error)),
      );
      if (outcome.kind === 'events') return outcome;
      record.isAbandoned ||= request.client.isGone();
      record.end();
      return outcome;
    },

    /** Returns the response to a request that fails earlier: an invalid body, a rate limit. */
    refuse(request: OperationRequest, error: unknown): Answer {
      const record = recordOf(request);
      const answer = errorAnswer(errors.format([error], record), statusOf(error));
      record.end();
      return answer;
    },
  };
}

/**
 * Returns null for a document that isn't GraphQL: Apollo Server reports why. Locations would take half of a syntax
 * tree's memory.
 */
function parseWithoutLocations(text: string): DocumentNode | null {
  try {
    return parse(text, { noLocation: true, maxLexicalTokens: MAX_TOKENS });
  } catch {
    return null;
  }
}

const isResult = (source: AsyncIterable<unknown> | ExecutionResult): source is ExecutionResult =>
  !(Symbol.asyncIterator in source);

const tooDeep = (): GraphQLError =>
  requestError('BAD_USER_INPUT', `variables must have at most ${MAX_JSON_DEPTH} levels of JSON, got more.`);
