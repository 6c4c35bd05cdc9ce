/** What became of a credential: whose it is and until when, or why it is refused. */
import type { Viewer } from '../runs/viewer.ts';
import type { GatewayError } from '../upstream/errors.ts';

export interface Caller {
  /** Null: nobody; then only what needs no viewer is answered. */
  readonly viewer: Viewer | null;
  /** Why a credential that came is refused; null where none came, or a good one. */
  readonly refusal: GatewayError | null;
  /** When the right to ask ends, in milliseconds since 1970; Infinity: it does not. */
  readonly untilMs: number;
  /** Until when this can be told without another look at the credential. */
  readonly isKnownUntilMs: number;
}

export const NOBODY: Caller = { viewer: null, refusal: null, untilMs: Infinity, isKnownUntilMs: Infinity };

/** Whose right does not end by itself. */
export const lasting = (viewer: Viewer): Caller => ({
  viewer,
  refusal: null,
  untilMs: Infinity,
  isKnownUntilMs: Infinity,
});

/** Known no longer than for this one answer. */
export const refused = (refusal: GatewayError): Caller => ({ viewer: null, refusal, untilMs: 0, isKnownUntilMs: 0 });
