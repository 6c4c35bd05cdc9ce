/** Authentication: identifies the caller of a request, only by its `Authorization` header. Cookies are never read. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Authenticator } from '../auth/verified-callers.ts';
import type { Caller } from '../auth/caller.ts';
import type { Logger } from '../observability/logger.ts';

/** `authorization` replaces the request's header. Returns a promise only if the credential must be verified first. */
export type Authenticate = (request: IncomingMessage, authorization?: string) => Caller | Promise<Caller>;

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

const BEARER = /^Bearer +([\x21-\x7e]{1,8192}) *$/i;

/** Caches the last caller of each connection: most connections have one, whose credential is then hashed once. */
export function createAuthentication(options: AuthenticationOptions): Authenticate {
  const { authenticator, addressOf, now, logger } = options;
  const latest = new WeakMap<Socket, { readonly authorization: string; readonly caller: Caller }>();

  function identified(request: IncomingMessage, authorization: string, caller: Caller): Caller {
    if (caller.error) {
      const { code, message: reason } = caller.error;
      logger.info({ client: addressOf(request), code, reason }, 'a credential was refused');
    } else latest.set(request.socket, { authorization, caller });
    return caller;
  }

  return (request, authorization = request.headers.authorization ?? '') => {
    const known = latest.get(request.socket);
    if (known?.authorization === authorization && now() < known.caller.verifiedUntilMs) return known.caller;
    const caller = authenticator(BEARER.exec(authorization)?.[1] ?? null);
    if (!(caller instanceof Promise)) return identified(request, authorization, caller);
    return caller.then((verified) => identified(request, authorization, verified));
  };
}
