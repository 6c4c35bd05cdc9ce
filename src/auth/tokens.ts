/** JSON Web Tokens, checked against the issuer's keys. */
import { jwtVerify } from 'jose';
import type { TokenConfig } from '../config/auth.ts';
import type { Viewer } from '../runs/viewer.ts';
import type { Clock } from '../runs/timer.ts';
import type { Scope } from '../upstream/scope.ts';
import type { Caller } from './caller.ts';
import { scopeOfClaims } from './claims.ts';
import type { KeySet } from './key-set.ts';
import { tokenErrorOf } from './token-errors.ts';
import { createVerifiedCallers, type VerifiedCallers } from './verified-callers.ts';

export interface TokensOptions extends Clock {
  readonly config: TokenConfig;
  readonly keySet: KeySet;
  readonly viewerOf: (scope: Scope | null) => Viewer;
  /** How long a verified token is good without another look at the issuer's keys. */
  readonly recheckMs: number;
}

export function createTokens({ config, keySet, viewerOf, recheckMs, now, wallOf }: TokensOptions): VerifiedCallers {
  const { issuer, audience, algorithms, clockToleranceSeconds } = config;

  async function callerOf(token: string): Promise<Caller> {
    const nowMs = now();
    const wallMs = wallOf(nowMs);
    const options = {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
      currentDate: new Date(wallMs),
    };
    const { payload } = await keySet((find) => jwtVerify(token, find, options));
    const viewer = viewerOf(scopeOfClaims(payload, config));
    const untilMs = ((payload.exp ?? 0) + clockToleranceSeconds) * 1000 - wallMs + nowMs;
    return { viewer, error: null, untilMs, verifiedUntilMs: Math.min(untilMs, nowMs + recheckMs) };
  }

  return createVerifiedCallers({ callerOf, errorOf: (error) => tokenErrorOf(error, config), now });
}
