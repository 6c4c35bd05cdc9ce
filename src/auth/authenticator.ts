/** The gateway's own authentication, by UPSTREAM_AUTH: the caller's key is sent upstream, or callers are checked here. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { AuthConfig, ServiceAuth } from '../config/config.ts';
import { accepted, NOBODY, rejected, unauthenticated, type Caller } from './caller.ts';
import { createTokens } from './tokens.ts';
import type { Authenticator, IdentificationOptions } from './verified-callers.ts';

/** Rejects with ConfigError if the issuer's key file cannot be read. */
export async function createAuthenticator(auth: AuthConfig, options: IdentificationOptions): Promise<Authenticator> {
  if (auth.mode === 'service') return service(auth, options);
  return (credential) => (credential === null ? NOBODY : accepted(options.viewerOf(credential)));
}

async function service(auth: ServiceAuth, options: IdentificationOptions): Promise<Authenticator> {
  const viewer = options.viewerOf(auth.apiKey);
  const keys = auth.keys.map((sha256) => ({ sha256, caller: accepted(viewer, { name: sha256.toString('hex') }) }));
  const tokens = auth.tokens && (await createTokens(auth.apiKey, auth.tokens, options));

  /** Compares in constant time: the duration reveals neither where a key differs nor which one it equals. */
  function callerOfKey(credential: string): Caller | undefined {
    if (keys.length === 0) return undefined;
    const given = hash('sha256', credential, 'buffer');
    const [known] = keys.filter(({ sha256 }) => timingSafeEqual(sha256, given));
    return known?.caller;
  }

  return (credential) => {
    if (credential === null) return NOBODY;
    const others = tokens ?? (() => rejected(unauthenticated('the key is not a key of this gateway')));
    return callerOfKey(credential) ?? others(credential);
  };
}
