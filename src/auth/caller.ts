/** The result of authentication: whose request it is and until when, or why the credential is rejected. */
import type { Viewer } from '../runs/viewer.ts';
import type { GatewayError } from '../upstream/errors.ts';

export interface Caller {
  /** Null: nobody. Then only what needs no viewer is answered. */
  readonly viewer: Viewer | null;
  /** Why the credential is rejected; null where it is good, or none came. */
  readonly error: GatewayError | null;
  /** When the right to ask ends, in milliseconds since 1970; Infinity: never. */
  readonly untilMs: number;
  /** When the credential must be authenticated again: its issuer's key may have been withdrawn. At most `untilMs`. */
  readonly verifiedUntilMs: number;
}

export const NOBODY: Caller = { viewer: null, error: null, untilMs: Infinity, verifiedUntilMs: Infinity };

/** A caller whose right does not end by itself. */
export const lasting = (viewer: Viewer): Caller => ({
  viewer,
  error: null,
  untilMs: Infinity,
  verifiedUntilMs: Infinity,
});

/** Never cached: the next request authenticates again. */
export const rejected = (error: GatewayError): Caller => ({ viewer: null, error, untilMs: 0, verifiedUntilMs: 0 });
