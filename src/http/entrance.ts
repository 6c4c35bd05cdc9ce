/**
 * Where every operation enters, whatever its route or transport: caller → rate limit → admission. Its log and metrics
 * are written by `operations.run`, or by `operations.reject` if a stage throws.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Caller, Owner, Standing } from '../auth/caller.ts';
import type { Admission } from '../admission/admission.ts';
import type { Ticket } from '../admission/ticket.ts';
import type { Client, OperationRequest } from '../graphql/operations/operation.ts';
import { rateLimited, type Allowance, type RateLimit } from '../admission/rate-limit.ts';
import type { ClientInfo } from '../observability/operation-record.ts';
import type { Requester } from '../upstream/requesters.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Authenticate } from './authentication.ts';
import { dropBody } from './body.ts';
import type { Forwarding } from './client-address.ts';

/** What a transport knows about an operation before its caller is known. */
export interface Arrival extends Omit<OperationRequest, 'caller' | 'requester' | 'authenticate' | 'admitEvent'> {
  /** Replaces the request's header. */
  readonly authorization?: string | undefined;
}

export interface EntranceOptions {
  readonly authenticate: Authenticate;
  /** Rates by owner, or null if they aren't limited. */
  readonly byOwner: RateLimit | null;
  readonly byNetwork: RateLimit;
  readonly admission: Admission;
  readonly standing: (caller: Caller) => Standing;
  readonly networkOf: Forwarding['networkOf'];
  /** Connections over which an accepted caller has sent an operation. */
  readonly acceptedConnections: WeakSet<object>;
  /** A 429 waits this long, or up to twice as long. */
  readonly slowDownMs: number;
}

const BEHIND_PROXIES: Owner = { key: 'proxies', kind: 'proxies', name: null };

export type Entrance = ReturnType<typeof createEntrance>;

export function createEntrance(options: EntranceOptions) {
  const { authenticate, byOwner, byNetwork, admission, standing, networkOf, acceptedConnections, slowDownMs } = options;
  const slowDown = createSlowDown(slowDownMs);

  /** Whose share is used now: an unauthenticated caller, whose key may be invented, uses its network's. */
  function ownerOf(caller: Caller, request: IncomingMessage): Owner {
    if (!caller.owner || standing(caller) === 'STRANGER') return strangersOf(request);
    acceptedConnections.add(request.socket);
    return caller.owner;
  }

  /** All unauthenticated callers of the request's network. */
  function strangersOf(request: IncomingMessage): Owner {
    const { network, isProxy } = networkOf(request);
    return isProxy ? BEHIND_PROXIES : { key: `network:${network}`, kind: 'network', name: null };
  }

  const requesterOf = (caller: Caller, request: IncomingMessage): Requester => ({
    owner: caller.owner?.key ?? '',
    network: () => strangersOf(request).key,
    isStranger: () => standing(caller) === 'STRANGER',
  });

  /**
   * Counts one operation by owner, and for an unauthenticated caller also by network. Throws RATE_LIMITED. `report`
   * gets the allowance, even of a rejected operation.
   */
  async function limit(
    { caller: { owner, error }, requester, http: { request } }: OperationRequest,
    report?: (allowance: Allowance) => void,
  ): Promise<void> {
    let allowance: Allowance | null = null;
    if (requester.isStranger()) allowance = await byNetwork(networkOf(request).network);
    if (owner && allowance?.isAllowed !== false) allowance = byOwner && (await byOwner(owner.key));
    if (!allowance) return;
    if (owner || !allowance.isAllowed) report?.(allowance);
    if (!allowance.isAllowed) throw rateLimited(allowance);
    // The credential wasn't verified because of its network's rate, which may allow one more by now.
    if (error?.code === 'RATE_LIMITED') throw error;
  }

  return {
    ownerOf,
    limit,
    admission,

    async identify(arrival: Arrival): Promise<OperationRequest> {
      const { http, authorization } = arrival;
      const again = () => authenticate(http.request, authorization);
      const caller = await again();
      return {
        ...arrival,
        caller,
        requester: requesterOf(caller, http.request),
        authenticate: again,
        admitEvent: (bytes, isGone) => admission.admitEvent(ownerOf(caller, http.request), isGone, bytes),
      };
    },

    /**
     * The stages of a route after `identify`: rate limit, with its headers, and admission. The operation counts until
     * `work` is done and the reply is written. With `waits`, it waits up to 10 s for capacity, so that thousands that
     * reconnect at once are admitted.
     */
    async enter<T>(
      operation: OperationRequest,
      reply: FastifyReply,
      waits: boolean,
      work: (ticket: Ticket) => Promise<T>,
    ): Promise<T> {
      const { request } = operation.http;
      let ticket: Ticket | null = null;
      try {
        await limit(operation, (allowance) => void reply.headers(allowanceHeaders(allowance)));
        const owner = ownerOf(operation.caller, request);
        const isGone = () => operation.client.isGone();
        ticket = waits ? await admission.admitLater(owner, isGone) : admission.admit(owner, isGone);
        return await work(ticket);
      } catch (error) {
        // Before the wait for a 429 and the end of the connection, or rejected requests would use up the capacity of
        // new ones.
        ticket?.end();
        if (error instanceof GatewayError && error.code === 'RATE_LIMITED') {
          dropBody(request);
          await slowDown(request.socket);
        }
        throw error;
      } finally {
        onClosed(reply.raw, () => ticket?.end());
      }
    },
  };
}

const WAITING_AT_ONCE = 1000;

/**
 * Waits before a 429 is sent: 2,000 clients that repeated rejected requests at once made others wait for 3 s. If more
 * than WAITING_AT_ONCE wait, each waits longer, so that no more of them return in a second. A client that leaves ends
 * its wait. Only one rejection per connection waits, because requests can be pipelined.
 */
function createSlowDown(slowDownMs: number): (connection: Socket) => Promise<void> {
  const waiting = new Set<Socket>();
  return async (connection) => {
    if (connection.destroyed || waiting.has(connection)) return;
    waiting.add(connection);
    // Random, so that those rejected together don't return together.
    const ms = slowDownMs * (1 + Math.random()) * Math.max(1, waiting.size / WAITING_AT_ONCE);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const timer = setTimeout(resolve, ms).unref();
    connection.once('close', resolve);
    await promise;
    clearTimeout(timer);
    connection.off('close', resolve);
    waiting.delete(connection);
  };
}

const allowanceHeaders = (allowance: Allowance): Record<string, string> => ({
  'ratelimit-limit': String(allowance.limit),
  'ratelimit-remaining': String(allowance.remaining),
  'ratelimit-reset': String(allowance.resetSeconds),
});

const TEXT = /^[\x20-\x7e]{1,100}$/;
const readText = (value: unknown): string | null => (typeof value === 'string' && TEXT.test(value) ? value : null);

/**
 * The client's name and version, from request headers or the parameters of a socket, in Apollo's or the vendor-neutral
 * spelling. Null without a name that can be logged.
 */
export function clientInfoOf(headers: Readonly<Record<string, unknown>>): ClientInfo | null {
  const name = readText(headers['apollographql-client-name'] ?? headers['graphql-client-name']);
  if (name === null) return null;
  return { name, version: readText(headers['apollographql-client-version'] ?? headers['graphql-client-version']) };
}

/** Shared, because each abort without a reason creates an error with a stack. */
const CLIENT_GONE = new Error('the client has disconnected, or has its answer');

/** Calls back when the response was sent or its client has disconnected, or at once if it already has. */
export function onClosed(response: ServerResponse, call: () => void): void {
  if (response.closed || response.writableFinished) call();
  else response.once('close', call);
}

/** The client of one operation, and whether it is still waiting for its response. */
export class RequestClient implements Client {
  /** Response, or null for an operation on a socket, which calls `abort`. */
  readonly #response: ServerResponse | null;
  /** Created on first use, because most requests need no upstream call. */
  #controller: AbortController | null = null;

  constructor(response: ServerResponse | null) {
    this.#response = response;
  }

  signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#response) {
        onClosed(this.#response, () => {
          this.abort();
        });
      }
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.signal();
    this.#controller?.abort(CLIENT_GONE);
  }

  isGone(): boolean {
    return this.#response ? this.#response.destroyed : this.#controller?.signal.aborted === true;
  }
}
