/** Authenticates a credential: at once where it was verified before, else by verifying it. */
import type { AuthConfig, ServiceAuth } from '../config/auth.ts';
import type { Logger } from '../observability/logger.ts';
import type { Clock } from '../runs/timer.ts';
import type { ViewerOf } from '../runs/viewer.ts';
import { lasting, NOBODY, rejected, type Caller } from './caller.ts';
import { createGatewayKeys } from './gateway-keys.ts';
import { createKeySet } from './key-set.ts';
import { unauthenticated } from './token-errors.ts';
import { createTokens } from './tokens.ts';
import type { VerifiedCallers } from './verified-callers.ts';

export interface Authenticator {
  /** Without waiting; null for a token that must be verified (again). */
  known(credential: string | null): Caller | null;
  /**
   * Never rejects for what is wrong with a credential: the caller's `error` says so. To be called again after the caller's
   * `verifiedUntilMs`: then a token is verified against the keys that its issuer lists now.
   */
  authenticate(credential: string | null): Promise<Caller>;
}

export interface AuthenticatorOptions extends Clock {
  readonly auth: AuthConfig;
  readonly viewerOf: ViewerOf;
  /** How long a verified token is good without another look at the issuer's keys. */
  readonly recheckMs: number;
  readonly logger: Logger;
}

/** Rejects with a sentence for the operator where the issuer's keys are a file that can't be read. */
export async function createAuthenticator({
  auth,
  viewerOf,
  ...options
}: AuthenticatorOptions): Promise<Authenticator> {
  return auth.mode === 'passthrough' ? passthrough(viewerOf) : service(auth, viewerOf, options);
}

function passthrough(viewerOf: ViewerOf): Authenticator {
  const known = (credential: string | null) => (credential === null ? NOBODY : lasting(viewerOf(credential)));
  return { known, authenticate: (credential) => Promise.resolve(known(credential)) };
}

async function service(
  auth: ServiceAuth,
  viewerOf: ViewerOf,
  options: Pick<AuthenticatorOptions, 'recheckMs' | 'now' | 'wallOf' | 'logger'>,
): Promise<Authenticator> {
  const isGatewayKey = createGatewayKeys(auth.keys);
  const ofKey = lasting(viewerOf(auth.apiKey));
  const tokens = auth.tokens && (await openTokens(auth.tokens));

  async function openTokens(config: NonNullable<ServiceAuth['tokens']>): Promise<VerifiedCallers> {
    const keySet = await createKeySet(config.jwks, options);
    return createTokens({ ...options, config, keySet, viewerOf: (scope) => viewerOf(auth.apiKey, scope) });
  }

  function known(credential: string | null): Caller | null {
    if (credential === null) return NOBODY;
    if (isGatewayKey(credential)) return ofKey;
    if (tokens) return tokens.cached(credential);
    return rejected(unauthenticated('the key is none of those that this gateway takes'));
  }

  return {
    known,
    authenticate: async (credential) =>
      known(credential) ?? (credential === null || !tokens ? NOBODY : tokens.verify(credential)),
  };
}
