/** Who asks by a request: told by its `Authorization` header alone. Cookies are never read. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Caller } from '../auth/caller.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Logger } from '../observability/logger.ts';

export interface Callers {
  /** Without waiting; null where the credential must be looked at first. */
  known(request: IncomingMessage): Caller | null;
  /** Whether what was told of a caller still holds without another look at the credential. */
  isKnown(caller: Caller): boolean;
  /** `authorization` stands in the place of the request's own header. */
  authenticate(request: IncomingMessage, authorization?: string): Promise<Caller>;
}

export interface CallersOptions {
  readonly authenticator: Authenticator;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

const BEARER = /^Bearer +([\x21-\x7e]{1,8192}) *$/i;

const credentialIn = (authorization: string): string | null => BEARER.exec(authorization)?.[1] ?? null;

/**
 * A connection mostly carries requests of one caller, who is remembered as long as it is open: an HMAC for every request
 * takes a tenth of the time of a ready answer.
 */
export function createCallers({ authenticator, addressOf, now, logger }: CallersOptions): Callers {
  const latest = new WeakMap<Socket, { readonly authorization: string; readonly caller: Caller }>();
  const isKnown = ({ isKnownUntilMs }: Caller) => isKnownUntilMs === Infinity || now() < isKnownUntilMs;

  function remember(socket: Socket, authorization: string, caller: Caller): Caller {
    if (caller.refusal === null) latest.set(socket, { authorization, caller });
    return caller;
  }

  return {
    isKnown,
    known({ headers: { authorization = '' }, socket }) {
      const known = latest.get(socket);
      if (known?.authorization === authorization && isKnown(known.caller)) return known.caller;
      const caller = authenticator.known(credentialIn(authorization));
      // Whoever is refused takes the long way, which says so in the log.
      return caller?.refusal === null ? remember(socket, authorization, caller) : null;
    },

    async authenticate(request, authorization = request.headers.authorization ?? '') {
      const caller = await authenticator.authenticate(credentialIn(authorization));
      if (caller.refusal) {
        const { code, message: reason } = caller.refusal;
        logger.info({ client: addressOf(request), code, reason }, 'a credential was refused');
      }
      return remember(request.socket, authorization, caller);
    },
  };
}
