/** JSON Web Tokens: each is verified once, and then known by its hash until it expires. */
import { hash } from 'node:crypto';
import { jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { TokenConfig } from '../config/auth.ts';
import type { Viewer } from '../runs/viewer.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Scope } from '../upstream/scope.ts';
import { refused, type Caller } from './caller.ts';
import { scopeOfClaims } from './claims.ts';
import type { KeySet } from './key-set.ts';
import { refusalOf } from './refusals.ts';

export interface Tokens {
  /** Null for a token that must be verified. */
  known(token: string): Caller | null;
  verify(token: string): Promise<Caller>;
}

export interface TokensOptions {
  readonly config: TokenConfig;
  readonly keySet: KeySet;
  readonly viewerOf: (scope: Scope | null) => Viewer;
  readonly recheckMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const MAX_KNOWN = 10_000;

export function createTokens({ config, keySet, viewerOf, recheckMs, now }: TokensOptions): Tokens {
  const callers = new LRUCache<string, Caller>({ max: MAX_KNOWN });
  const { issuer, audience, algorithms, clockToleranceSeconds } = config;

  async function callerOf(token: string): Promise<Caller> {
    const nowMs = now();
    const { payload } = await jwtVerify(token, keySet, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    });
    const viewer = viewerOf(scopeOfClaims(payload, config));
    const untilMs = ((payload.exp ?? 0) + clockToleranceSeconds) * 1000;
    return { viewer, refusal: null, untilMs, isKnownUntilMs: Math.min(untilMs, nowMs + recheckMs) };
  }

  return {
    known(token) {
      const caller = callers.get(keyOf(token));
      return caller && now() < caller.isKnownUntilMs ? caller : null;
    },
    async verify(token) {
      try {
        const caller = await callerOf(token);
        callers.set(keyOf(token), caller);
        return caller;
      } catch (error) {
        callers.delete(keyOf(token));
        const refusal = error instanceof GatewayError ? error : refusalOf(error, config);
        if (refusal) return refused(refusal);
        throw error;
      }
    },
  };
}

const keyOf = (token: string): string => hash('sha256', token, 'base64url');
