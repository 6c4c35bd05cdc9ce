/** graphql-ws's messages: the first one authenticates, each `subscribe` runs one operation through the operation pipeline. */
import { GraphQLError, parse, type FormattedExecutionResult, type GraphQLSchema } from 'graphql';
import { CloseCode, makeServer, type Server } from 'graphql-ws';
import type { Caller } from '../../auth/caller.ts';
import type { OperationPipeline } from '../../graphql/operations/operation-pipeline.ts';
import type { OperationParams, Outcome, UnacceptedCaller } from '../../graphql/operations/operation.ts';
import { rateLimited } from '../../graphql/operations/rate-limit.ts';
import { SubscriptionError, type LiveEvents } from '../../graphql/subscriptions/live-events.ts';
import type { HttpSource, OperationType } from '../../observability/operation-record.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { ANONYMOUS, createHolding, type ClientBytes, type Holding } from '../connection/client-bytes.ts';
import { createWaitingClient, type WaitingClient } from '../connection/client-signal.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { LargeMessages } from './large-messages.ts';

/** What belongs to one socket. */
export interface SocketExtra {
  readonly socket: { close(code: number, reason: string): void };
  /** By this authorization, or else by the header of the upgrade request. */
  readonly authenticate: (authorization: string | undefined) => Caller | Promise<Caller>;
  /** From `connectionParams`. */
  authorization: string | undefined;
  readonly unacceptedOf: (caller: Caller) => UnacceptedCaller | null;
  readonly takeAllowance: RateLimits['take'];
  readonly clientBytes: ClientBytes;
  /** Of what is held for its messages: ANONYMOUS until its viewer is known. */
  owner: string;
  readonly largeMessages: LargeMessages;
  /** How many messages are read and not answered yet. Subscriptions are left out: they end with the socket. */
  readonly countAnswering: (change: 1 | -1) => void;
  readonly nextRequestId: () => string;
  /** Of the upgrade request. */
  readonly traceparent: string | readonly string[] | undefined;
  readonly http?: HttpSource;
  /** Its operations under way, by their ids. */
  readonly waiting: Map<string, WaitingClient>;
}

export type SocketProtocol = Server<SocketExtra>;

export interface SocketProtocolOptions {
  readonly operations: OperationPipeline;
  readonly schema: GraphQLSchema;
  readonly maxOperations: number;
}

const NO_KEY = 'send your key in connectionParams';
/** WebSocket close code 1013: clients try again later. */
export const TRY_AGAIN_LATER = 1013;
const CONNECTION_INIT_MS = 10_000;
/** graphql-ws needs a document to execute; the operation pipeline has executed the real one already. */
const ANY_DOCUMENT = parse('{ __typename }');
const ALL_TYPES: ReadonlySet<OperationType> = new Set(['query', 'mutation', 'subscription']);

export function createSocketProtocol({ operations, schema, maxOperations }: SocketProtocolOptions): SocketProtocol {
  /** By the payload of their operation: until the client has taken its answer. */
  const holdings = new WeakMap<object, Holding>();
  /** When the outcome of an operation has been dealt with, or its events have begun. */
  const ends = new WeakMap<WaitingClient, Promise<undefined>>();
  /** By the payload of their operation: the clients of subscriptions that go on. */
  const subscribers = new WeakMap<object, WaitingClient>();

  /** Authenticates each operation as a new request: an open socket has no rights of its own. */
  async function run(
    params: OperationParams,
    extra: SocketExtra,
    waitingClient: WaitingClient,
    isOneTooMany: boolean,
  ): Promise<Outcome> {
    const { authorization, nextRequestId, traceparent, http, takeAllowance, clientBytes } = extra;
    const authenticate = () => extra.authenticate(authorization);
    const caller = await authenticate();
    const start = { transport: 'graphql-ws', requestId: nextRequestId(), traceparent, http } as const;
    const refuse = (error: unknown) => operations.refuse({ ...start, viewerId: caller.viewer?.id ?? null }, error);
    if (isOneTooMany) return refuse(tooMany(maxOperations));
    const unaccepted = extra.unacceptedOf(caller);
    const allowance = await takeAllowance(caller, unaccepted);
    if (allowance && !allowance.isAllowed) return refuse(rateLimited(allowance));
    const held = createHolding(clientBytes.of(caller.viewer?.id ?? ANONYMOUS));
    holdings.set(params, held);
    const client = { ...waitingClient, ...held };
    return operations.run({ ...start, params, caller, authenticate, unaccepted, allowed: ALL_TYPES, client });
  }

  return makeServer<Readonly<Record<string, unknown>> | undefined, SocketExtra>({
    schema,
    connectionInitWaitTimeout: CONNECTION_INIT_MS,
    async onConnect(context) {
      const { extra } = context;
      extra.authorization = authorizationIn(context.connectionParams);
      // graphql-ws would keep them as long as the socket: up to 1 MiB, which takes twenty times as much when it is parsed.
      Object.assign(context, { connectionParams: undefined });
      const caller = await extra.authenticate(extra.authorization);
      const { viewer, error } = caller;
      if (viewer) {
        extra.owner = viewer.id;
        return;
      }
      // A refused key counts like a refused request: otherwise keys could be tried as often as sockets open.
      const allowance = await extra.takeAllowance(caller, extra.unacceptedOf(caller));
      if (allowance && !allowance.isAllowed) extra.socket.close(TRY_AGAIN_LATER, rateLimited(allowance).message);
      else if (error?.isRetryable) extra.socket.close(TRY_AGAIN_LATER, error.message);
      else extra.socket.close(CloseCode.Unauthorized, `Unauthorized: ${error?.message ?? NO_KEY}`);
    },
    async onSubscribe({ subscriptions, extra }, id, payload) {
      const client = createWaitingClient();
      const earlier = extra.waiting.get(id);
      extra.waiting.set(id, client);
      const end = Promise.withResolvers<undefined>();
      ends.set(client, end.promise);
      if (earlier) {
        await ends.get(earlier);
        if (!client.isGone()) subscriptions[id] = null;
      }
      // `subscriptions` includes this one.
      const isOneTooMany = Object.keys(subscriptions).length > maxOperations;
      const outcome = await run(payload, extra, client, isOneTooMany).finally(() => {
        setImmediate(end.resolve, undefined);
      });
      // graphql-ws would send this as the answer of a later operation of the same id, which waits until it has not.
      if (extra.waiting.get(id) !== client) Reflect.deleteProperty(subscriptions, id);
      if (outcome.kind === 'events') {
        subscribers.set(payload, client);
        extra.countAnswering(-1);
        return { schema, document: ANY_DOCUMENT, contextValue: outcome.events };
      }
      forget(extra, id, client);
      const { data, errors = [] } = outcome.result;
      if (data === undefined) {
        // graphql-ws does not complete it. Something is held where a plugin failed when all was executed.
        holdings.get(payload)?.end();
        return [toGraphQLError(new SubscriptionError(errors))];
      }
      return { schema, document: ANY_DOCUMENT, contextValue: outcome.result };
    },
    // The package's type does not allow a finished execution.
    execute: ({ contextValue }) => contextValue as FormattedExecutionResult | LiveEvents as never,
    onNext: ({ extra }, id, _payload, _arguments, result) =>
      extra.largeMessages.payloadOf(id, result as FormattedExecutionResult),
    onComplete({ extra }, id, payload) {
      holdings.get(payload)?.end();
      const subscriber = subscribers.get(payload);
      if (!subscriber) return;
      forget(extra, id, subscriber);
      extra.countAnswering(1);
    },
    onError(_context, _id, payload, [error]) {
      const cause = error?.originalError;
      if (cause instanceof SubscriptionError) return cause.errors;
      // A defect, which graphql-ws would tell the client and nobody else: thrown, it is logged and closes the socket.
      holdings.get(payload)?.end();
      throw cause ?? new Error('graphql-ws refused an operation by itself', { cause: error });
    },
  });
}

/** Not that of a later operation of the same id. */
function forget({ waiting }: SocketExtra, id: string, client: WaitingClient): void {
  if (waiting.get(id) === client) waiting.delete(id);
}

/** In any case: clients spell it differently. */
function authorizationIn(params: Readonly<Record<string, unknown>> = {}): string | undefined {
  const value = Object.entries(params).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return typeof value === 'string' ? value : undefined;
}

const tooMany = (maxOperations: number): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    `One connection may carry ${maxOperations} operations at once, and this one does already.`,
  );

const toGraphQLError = (originalError: Error): GraphQLError =>
  new GraphQLError(originalError.message, { originalError });
