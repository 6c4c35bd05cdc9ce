/**
 * Authentication: identifies a request's caller by its `Authorization` header. An embedder's hook may read other parts.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { bulkhead, BulkheadRejectedError, type BulkheadPolicy } from 'cockatiel';
import { rejected, unauthenticated, type Caller } from '../auth/caller.ts';
import type { Authenticator, Unverified } from '../auth/verified-callers.ts';
import { rateLimited, type RateLimit } from '../admission/rate-limit.ts';
import type { Logger } from '../observability/logger.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Forwarding } from './client-address.ts';
import { isFromAllowedOrigin } from './common-headers.ts';

/** `authorization` replaces the request's header. Returns a promise only if the credential must first be verified. */
export type Authenticate = (request: IncomingMessage, authorization?: string) => Caller | Promise<Caller>;

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  readonly client: Pick<Forwarding, 'addressOf' | 'networkOf'>;
  readonly byNetwork: RateLimit;
  /** Origins whose pages may authenticate: `*` only allows pages to send requests. */
  readonly origins: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

const BEARER = /^Bearer +([\x21-\x7e]{1,8192}) *$/i;

/** Caches the last caller of each connection: most connections have one, whose credential is then hashed once. */
export function createAuthentication(options: AuthenticationOptions): Authenticate {
  const { authenticator, client, byNetwork, now, logger } = options;
  const trusted = options.origins.filter((origin) => origin !== '*');
  const latest = new WeakMap<Socket, { readonly authorization: string; readonly caller: Caller }>();
  const inTurn = createVerifications();

  function identified(request: IncomingMessage, authorization: string, caller: Caller): Caller {
    if (caller.error) {
      const { code, message: reason } = caller.error;
      logger.info({ client: client.addressOf(request), code, reason }, 'a credential was rejected');
    } else if (!authenticator.readsRequests) latest.set(request.socket, { authorization, caller });
    return caller;
  }

  /**
   * Failures are charged by the entrance, like each operation without an accepted key. Charging successes would lock
   * out a NAT.
   */
  function verified(network: string, { wasAccepted, verify }: Unverified): Promise<Caller> {
    return inTurn(network, async () => {
      const allowance = wasAccepted ? null : await byNetwork(network, 'look');
      return allowance?.isAllowed === false ? rejected(rateLimited(allowance)) : verify();
    });
  }

  return (request, authorization = request.headers.authorization ?? '') => {
    const known = latest.get(request.socket);
    if (known?.authorization === authorization && now() < known.caller.verifiedUntilMs) return known.caller;
    const withholdsCookie = request.headers.cookie !== undefined && !isFromAllowedOrigin(request, trusted);
    const found = authenticator.callerOf({
      credential: BEARER.exec(authorization)?.[1] ?? null,
      headers: withholdsCookie ? withoutCookie(request.headers) : request.headers,
      socket: request.socket,
    });
    const result = (caller: Caller) =>
      identified(request, authorization, withholdsCookie && authenticator.readsRequests ? explained(caller) : caller);
    return 'verify' in found ? verified(client.networkOf(request).network, found).then(result) : result(found);
  };
}

/** A cross-origin page must not use its visitor's session: CORS doesn't apply to WebSockets. */
const withoutCookie = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'cookie'));

/**
 * Names the setting, for the developer of a page whose session is ignored. A WebSocket's reason has at most 123 bytes.
 */
const explained = (caller: Caller): Caller =>
  caller.error?.code === 'UNAUTHENTICATED'
    ? rejected(unauthenticated(`${caller.error.message}: the cookies of this Origin are ignored, see corsOrigins`))
    : caller;

/** Concurrent verifications per network. The others wait, because thousands behind a NAT may connect at once. */
const AT_ONCE = 64;
const MAX_WAITING = 4096;

function createVerifications(): (network: string, verify: () => Promise<Caller>) => Promise<Caller> {
  const networks = new Map<string, { readonly places: BulkheadPolicy; count: number }>();

  return async (network, verify) => {
    const own = networks.get(network) ?? { places: bulkhead(AT_ONCE, MAX_WAITING), count: 0 };
    networks.set(network, own);
    own.count += 1;
    try {
      return await own.places.execute(verify);
    } catch (error) {
      if (error instanceof BulkheadRejectedError) return rejected(tooMany());
      throw error;
    } finally {
      own.count -= 1;
      if (own.count === 0) networks.delete(network);
    }
  };
}

const tooMany = (): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    'Too many credentials from this network are waiting to be verified. Try again in 1 s.',
    {
      retryAfterSeconds: 1,
    },
  );
