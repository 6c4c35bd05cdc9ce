/**
 * The gateway's authentication, by UPSTREAM_AUTH: either the caller's key is sent upstream, or callers are verified
 * here.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { AuthConfig, ServiceAuth } from '../config/config.ts';
import { accepted, NOBODY, ownerOf, ownerOfKey, rejected, unauthenticated, type Caller } from './caller.ts';
import { createTokens, mayExecuteWith } from './tokens.ts';
import type { Authenticator, IdentificationOptions } from './verified-callers.ts';

/** Rejects with ConfigError if the issuer's key file cannot be read. */
export async function createAuthenticator(auth: AuthConfig, options: IdentificationOptions): Promise<Authenticator> {
  if (auth.mode === 'service') return service(auth, options);
  return {
    readsRequests: false,
    callerOf({ credential }) {
      if (credential === null) return NOBODY;
      const viewer = options.viewerOf(credential);
      return accepted({ viewer, owner: ownerOfKey(viewer), isVerified: false });
    },
  };
}

async function service(auth: ServiceAuth, options: IdentificationOptions): Promise<Authenticator> {
  const keys = auth.keys.map(({ name, rights, sha256 }) => {
    const viewer = options.viewerOf(auth.apiKey, { rights });
    const owner = ownerOf('key', name, sha256.toString('hex'), viewer);
    // A key without rights may do everything.
    const mayExecute = rights.length === 0 || mayExecuteWith(rights, auth.executeScope);
    return { sha256, caller: accepted({ viewer, owner, isVerified: true, mayExecute, rights }) };
  });
  const tokens = auth.tokens && (await createTokens(auth, auth.tokens, options));

  /** Compares in constant time: the duration reveals neither where a key differs nor which one it equals. */
  function callerOfKey(credential: string): Caller | undefined {
    if (keys.length === 0) return undefined;
    const given = hash('sha256', credential, 'buffer');
    const [known] = keys.filter(({ sha256 }) => timingSafeEqual(sha256, given));
    return known?.caller;
  }

  const others = tokens ?? (() => rejected(unauthenticated("the key is not one of this gateway's keys")));
  return {
    readsRequests: false,
    callerOf(claims) {
      if (claims.credential === null) return NOBODY;
      return callerOfKey(claims.credential) ?? others(claims);
    },
  };
}
