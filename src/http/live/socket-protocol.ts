/** graphql-ws' server: the first message authenticates, each `subscribe` runs one operation through the operation pipeline. */
import type { IncomingMessage } from 'node:http';
import { parse, type FormattedExecutionResult, type GraphQLSchema } from 'graphql';
import { CloseCode, makeServer, type ExecutionResult, type Server } from 'graphql-ws';
import type { Caller } from '../../auth/caller.ts';
import type { Admission } from '../../graphql/admission/admission.ts';
import type { Owner } from '../../graphql/admission/room.ts';
import type { Ticket } from '../../graphql/admission/ticket.ts';
import type { AdmitEvent, OperationParams, UnacceptedCaller } from '../../graphql/operations/operation.ts';
import type { Operations } from '../../graphql/operations/operations.ts';
import { rateLimited } from '../../graphql/operations/rate-limit.ts';
import { SubscriptionError, type LiveEvents } from '../../graphql/subscriptions/live-events.ts';
import type { OperationType } from '../../observability/operation-record.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { Authenticate } from '../authentication.ts';
import { RequestClient } from '../connection/request-client.ts';
import { clientInfoOf } from '../headers/client-info.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { Owners } from '../owners.ts';
import type { ConnectionParams } from './socket-message.ts';

/** The state of one socket. */
export interface SocketState {
  /** The upgrade request. */
  readonly request: IncomingMessage;
  /** The id of the upgrade request. Each operation appends its number. */
  readonly requestId: string;
  readonly close: (code: number, reason: string) => void;
  /** Counts messages that are read and not answered yet, except subscriptions, which end with the socket. */
  readonly countAnswering: (change: 1 | -1) => void;
  /** The operations in progress, by id. */
  readonly underWay: Map<string, AbortController>;
  operationCount: number;
  /** Owner of the messages: the network until the key is authenticated. */
  owner: Owner;
  /** Tickets of operations, or why they are not admitted, by the payload of their message. */
  readonly admitted: WeakMap<object, Ticket | GatewayError>;
}

export interface SocketProtocolOptions {
  readonly operations: Operations;
  readonly schema: GraphQLSchema;
  /** Operations of one socket at a time. */
  readonly maxOperations: number;
  readonly authenticate: Authenticate;
  readonly rateLimits: RateLimits;
  readonly owners: Owners;
  readonly admission: Admission;
}

/** WebSocket close code 1013: clients try again later. */
export const TRY_AGAIN_LATER = 1013;
const NO_KEY = 'send your key in connectionParams';
const CONNECTION_INIT_MS = 10_000;
/** graphql-ws needs a document to execute; the operation pipeline reads the real one. */
const ANY_DOCUMENT = parse('{ __typename }');
const ALL_TYPES: ReadonlySet<OperationType> = new Set(['query', 'mutation', 'subscription']);

export function createSocketProtocol(options: SocketProtocolOptions): Server<SocketState> {
  const { operations, schema, maxOperations, authenticate, rateLimits, owners, admission } = options;

  /** Yields the results of one operation. It is authenticated and counted as a new request: an open socket has no rights of its own. */
  async function* resultsOf(
    socket: SocketState,
    id: string,
    take: () => OperationParams,
    admitted: Ticket | GatewayError,
    connectionParams: Partial<ConnectionParams> | undefined,
    isOneTooMany: boolean,
  ): LiveEvents {
    const { request, underWay } = socket;
    const authorization = connectionParams?.authorization;
    // graphql-ws forgets an id that the client completes, although its operation may still run.
    if (underWay.has(id)) {
      socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
      return;
    }
    const controller = new AbortController();
    underWay.set(id, controller);
    const client = new RequestClient(null, controller);
    try {
      const caller = await authenticate(request, authorization);
      socket.owner = owners.of(caller, request);
      const operation = {
        transport: 'graphql-ws',
        requestId: `${socket.requestId}.${(socket.operationCount += 1)}`,
        http: { request },
        clientInfo: connectionParams?.clientInfo ?? clientInfoOf(request.headers),
        caller,
        authenticate: () => authenticate(request, authorization),
        unaccepted: owners.unaccepted(caller, request),
        allowed: ALL_TYPES,
        client,
      } as const;
      const admitEvent: AdmitEvent = (bytes, isGone) => admission.admitEvent(owners.of(caller, request), isGone, bytes);
      const problem =
        (isOneTooMany ? tooMany(maxOperations) : await limitPassed(caller, operation.unaccepted)) ??
        (admitted instanceof GatewayError ? admitted : null);
      const outcome =
        problem || admitted instanceof GatewayError
          ? operations.refuse(operation, problem ?? admitted)
          : await operations.run({ ...operation, ticket: admitted, admitEvent }, take());
      if (outcome.kind === 'events') {
        socket.countAnswering(-1);
        try {
          yield* outcome.events;
        } finally {
          socket.countAnswering(1);
        }
      } else if (!client.isGone()) {
        const { data, errors = [] } = outcome.result;
        if (data === undefined) throw new SubscriptionError(errors);
        yield outcome.result;
      }
    } finally {
      underWay.delete(id);
    }
  }

  /** Counts one operation. Null: it may run. */
  async function limitPassed(caller: Caller, unaccepted: UnacceptedCaller | null): Promise<GatewayError | null> {
    const allowance = await rateLimits.take(caller, unaccepted);
    return allowance && !allowance.isAllowed ? rateLimited(allowance) : null;
  }

  return makeServer<Partial<ConnectionParams> | undefined, SocketState>({
    schema,
    connectionInitWaitTimeout: CONNECTION_INIT_MS,
    async onConnect({ connectionParams, extra: socket }) {
      const caller = await authenticate(socket.request, connectionParams?.authorization);
      const { viewer, error } = caller;
      if (viewer) {
        socket.owner = owners.of(caller, socket.request);
        return true;
      }
      // A refused key counts like a refused request: otherwise keys could be tried as often as sockets open.
      const problem = (await limitPassed(caller, owners.unaccepted(caller, socket.request))) ?? error;
      if (problem?.isRetryable) socket.close(TRY_AGAIN_LATER, problem.message);
      else socket.close(CloseCode.Unauthorized, `Unauthorized: ${problem?.message ?? NO_KEY}`);
      return false;
    },
    onSubscribe: () => ({ schema, document: ANY_DOCUMENT }),
    execute: () => ({}),
    onOperation({ connectionParams, subscriptions, extra: socket }, id, payload) {
      // `subscriptions` includes this operation.
      const isOneTooMany = Object.keys(subscriptions).length > maxOperations;
      const admitted = socket.admitted.get(payload);
      if (!admitted) throw new Error('The message of an operation must be admitted');
      const results = resultsOf(socket, id, takeParams(payload), admitted, connectionParams, isOneTooMany);
      // The pipeline has formatted the errors already: see `onNext`.
      return results as AsyncGenerator<ExecutionResult>;
    },
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError(_context, _id, _payload, [error]) {
      const cause = error?.originalError;
      if (cause instanceof SubscriptionError) return cause.errors;
      // A defect, which graphql-ws would only send to the client: thrown, it is logged and closes the socket.
      throw cause ?? new Error('graphql-ws refused an operation by itself', { cause: error });
    },
  });
}

/** graphql-ws keeps the payload as long as its operation lasts: the caller takes all members out of it, once. */
function takeParams(payload: object): () => OperationParams {
  let params: OperationParams | null = { ...payload };
  for (const name of Object.keys(payload)) Reflect.deleteProperty(payload, name);
  return () => {
    const taken = params ?? {};
    params = null;
    return taken;
  };
}

const tooMany = (maxOperations: number): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    `Limit of ${maxOperations} operations at once on one connection reached. End one, or open another connection.`,
  );
