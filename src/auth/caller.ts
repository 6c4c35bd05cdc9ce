/** The result of authentication: the viewer and how long the right lasts, or why the credential is rejected. */
import type { Viewer } from './viewer.ts';
import { GatewayError } from '../upstream/errors.ts';

export interface Caller {
  /** Null without an accepted credential. Then only fields that need no viewer are answered. */
  readonly viewer: Viewer | null;
  /** Distinguishes the callers of one viewer, in the admission. Null: the viewer is one caller. */
  readonly name: string | null;
  /** Why the credential was rejected. Null for an accepted credential, or none. */
  readonly error: GatewayError | null;
  /** End of the right, in milliseconds since 1970. Infinity: the right does not end. */
  readonly untilMs: number;
  /** Time of the next check, at most `untilMs`: the issuer's key may be withdrawn. */
  readonly verifiedUntilMs: number;
  /** True if the caller may start runs. Callers of one viewer may differ: never cache it by viewer. */
  readonly mayExecute: boolean;
}

/** Without times, the right does not end. */
export function accepted(viewer: Viewer | null, rights: Partial<Caller> = {}): Caller {
  const { name = null, untilMs = Infinity, verifiedUntilMs = untilMs, mayExecute = true } = rights;
  return { viewer, name, error: null, untilMs, verifiedUntilMs: Math.min(untilMs, verifiedUntilMs), mayExecute };
}

/** A request without a credential. */
export const NOBODY: Caller = accepted(null);

/** Never cached: the next request authenticates again. */
export const rejected = (error: GatewayError): Caller => ({
  ...{ viewer: null, name: null, error, untilMs: 0, verifiedUntilMs: 0 },
  mayExecute: false,
});

export const unauthenticated = (message: string): GatewayError => new GatewayError('UNAUTHENTICATED', message);
