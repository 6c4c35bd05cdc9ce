/** The result of authentication: the viewer and how long the right lasts, or why the credential is rejected. */
import type { Viewer } from '../runs/viewer.ts';
import { GatewayError } from '../upstream/errors.ts';

export interface Caller {
  /** Null: no accepted credential. Then only what needs no viewer is answered. */
  readonly viewer: Viewer | null;
  /** Why the credential is rejected; null where it is good, or none came. */
  readonly error: GatewayError | null;
  /** When the right to ask ends, in milliseconds since 1970; Infinity: never. */
  readonly untilMs: number;
  /** When the credential must be authenticated again: its issuer's key may have been withdrawn. At most `untilMs`. */
  readonly verifiedUntilMs: number;
}

/** Without times: a right that does not end by itself. */
export const accepted = (viewer: Viewer | null, untilMs = Infinity, recheckAtMs = untilMs): Caller => ({
  viewer,
  error: null,
  untilMs,
  verifiedUntilMs: Math.min(untilMs, recheckAtMs),
});

/** A request without a credential. */
export const NOBODY: Caller = accepted(null);

/** Never cached: the next request authenticates again. */
export const rejected = (error: GatewayError): Caller => ({ viewer: null, error, untilMs: 0, verifiedUntilMs: 0 });

export const unauthenticated = (message: string): GatewayError => new GatewayError('UNAUTHENTICATED', message);
