/** What graphql-ws's messages come to: the viewer from the first one, an operation through the gate for each that asks. */
import { GraphQLError, parse, type FormattedExecutionResult, type GraphQLSchema } from 'graphql';
import { CloseCode, makeServer, type Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Gate } from '../graphql/gate.ts';
import { OperationRefused, type LiveEvents } from '../graphql/live-event.ts';
import type { Caller } from '../auth/caller.ts';

/** What goes with a socket. */
export interface SocketExtra {
  readonly socket: Pick<WebSocket, 'close'>;
  /** By this in place of a header, or else by that of the request that became the socket. */
  readonly authenticate: (authorization: string | undefined) => Promise<Caller>;
  /** Nobody before the client has said who it is. */
  caller: Caller;
  readonly nextRequestId: () => string;
  /** Of the request that became the socket. */
  readonly traceparent: string | readonly string[] | undefined;
  /** Fires when the client is gone. */
  readonly signal: () => AbortSignal;
}

export type SocketProtocol = Server<SocketExtra>;

export interface SocketProtocolOptions {
  readonly gate: Gate;
  readonly schema: GraphQLSchema;
  readonly maxOperations: number;
}

const NO_KEY = 'send your key in connectionParams';
/** Of WebSockets, and clients do. */
const TRY_AGAIN_LATER = 1013;
const CONNECTION_INIT_MS = 10_000;
/** The package wants a document to tell what it executes; the gate has done so already. */
const ANY_DOCUMENT = parse('{ __typename }');

export function createSocketProtocol(options: SocketProtocolOptions): SocketProtocol {
  const { gate, schema, maxOperations } = options;

  return makeServer<Readonly<Record<string, unknown>> | undefined, SocketExtra>({
    schema,
    connectionInitWaitTimeout: CONNECTION_INIT_MS,
    async onConnect({ connectionParams, extra }) {
      const caller = await extra.authenticate(authorizationIn(connectionParams));
      if (caller.viewer) extra.caller = caller;
      else if (caller.refusal?.isRetryable) extra.socket.close(TRY_AGAIN_LATER, caller.refusal.message);
      else extra.socket.close(CloseCode.Unauthorized, `Unauthorized: ${caller.refusal?.message ?? NO_KEY}`);
    },
    async onSubscribe({ subscriptions, extra }, _id, payload) {
      try {
        // This one is among them already.
        if (Object.keys(subscriptions).length > maxOperations) throw tooMany(maxOperations);
        const { caller, nextRequestId, signal, traceparent } = extra;
        const { viewer, refusal, untilMs } = caller;
        const asked = {
          viewer,
          refusal,
          untilMs,
          requestId: nextRequestId(),
          signal,
          traceparent,
          mayAct: true,
        } as const;
        const contextValue = await gate.open({ ...payload, ...asked, transport: 'graphql-ws' });
        return { schema, document: ANY_DOCUMENT, contextValue };
      } catch (error) {
        return [toGraphQLError(error)];
      }
    },
    execute: ({ contextValue }) => contextValue as FormattedExecutionResult | LiveEvents as never,
    onNext: (_context, _id, _payload, _arguments, result) => result as FormattedExecutionResult,
    onError: (_context, _id, _payload, [error]) =>
      error?.originalError instanceof OperationRefused ? error.originalError.errors : undefined,
  });
}

/** Clients spell it as they like. */
function authorizationIn(params: Readonly<Record<string, unknown>> = {}): string | undefined {
  const value = Object.entries(params).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return typeof value === 'string' ? value : undefined;
}

function tooMany(maxOperations: number): OperationRefused {
  const message = `one connection may carry ${maxOperations} operations at once, and this one does already`;
  return new OperationRefused([{ message, extensions: { code: 'RATE_LIMITED', retryable: true } }]);
}

const toGraphQLError = (error: unknown): GraphQLError => {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
};
