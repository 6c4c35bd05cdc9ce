/** Verified callers, cached by a hash of what identifies them until they expire or must be verified again. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../observability/logger.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Viewer, ViewerOf } from './viewer.ts';
import { GatewayError } from '../upstream/errors.ts';
import { accepted, NOBODY, ownerOf, rejected, type Caller } from './caller.ts';
import type { Claims } from './claims.ts';

/** A credential to verify. */
export interface Unverified {
  /** Whether it was accepted before, and must be verified again. */
  readonly wasAccepted: boolean;
  /** Never rejects for a wrong credential: the caller then has an `error`. */
  readonly verify: () => Promise<Caller>;
}

export interface Authenticator {
  /** Whether parts of a request other than its credential may decide who the caller is. */
  readonly readsRequests: boolean;
  /** Call it again after `verifiedUntilMs`, to check tokens against the issuer's current keys. */
  readonly callerOf: (claims: Claims) => Caller | Unverified;
}

export interface IdentificationOptions extends Clock {
  readonly viewerOf: ViewerOf;
  /** How long a verified credential is accepted without another check. */
  readonly recheckMs: number;
  readonly logger: Logger;
}

/** Some 7,000 callers, fewer if their scopes list many workflows. */
const MAX_CACHED_BYTES = 8 * 2 ** 20;

/** Result of verifying a credential. */
export interface Verified extends Pick<Caller, 'mayExecute' | 'rights' | 'untilMs'> {
  readonly viewer: Viewer;
  /** Name, or null if each credential is a separate caller. */
  readonly name: string | null;
}

/** How callers of one kind are verified. */
export interface Verification {
  readonly kind: 'token' | 'subject';
  /** Everything that decides the result, or null for a request that doesn't identify its caller. */
  readonly keyOf: (claims: Claims) => string | null;
  /** Changes when `keyOf` gets more parts: results in progress may depend on them. */
  readonly version: () => number;
  /** Rejects with the GatewayError for the client. */
  readonly verify: (claims: Claims, nowMs: number) => Promise<Verified>;
}

export function createCachedAuthenticator(
  { kind, keyOf, version, verify }: Verification,
  { now, recheckMs }: Pick<IdentificationOptions, 'now' | 'recheckMs'>,
): Authenticator['callerOf'] {
  const callers = new LRUCache<string, Caller>({ maxSize: MAX_CACHED_BYTES, sizeCalculation: bytesOf });
  /** Verifications in progress by the same hash, bounded by the requests in progress. */
  const underWay = new Map<string, Promise<Caller>>();

  const hashOf = (claims: Claims): string | null => {
    const key = keyOf(claims);
    return key === null ? null : hash('sha256', key, 'base64url');
  };

  async function verifyAndCache(claims: Claims): Promise<Caller> {
    try {
      const nowMs = now();
      const { name, ...found } = await verify(claims, nowMs);
      // A hash of part of the key: with the whole key, a client that varies a header would get a share for each value.
      const owner = ownerOf(kind, name, hash('sha256', claims.credential ?? '', 'base64url'), found.viewer);
      const caller = accepted({ ...found, owner, isVerified: true, verifiedUntilMs: nowMs + recheckMs });
      const key = hashOf(claims);
      if (key !== null) callers.set(key, caller);
      return caller;
    } catch (error) {
      const key = hashOf(claims);
      if (key !== null) callers.delete(key);
      if (error instanceof GatewayError) return rejected(error);
      throw error;
    }
  }

  /** Shares a verification begun by another request if nothing in which the two may differ affects it. */
  async function verifyOnce(claims: Claims): Promise<Caller> {
    for (;;) {
      const key = hashOf(claims) ?? '';
      const shared = underWay.get(key);
      if (!shared) {
        const verification = verifyAndCache(claims);
        underWay.set(key, verification);
        return verification.finally(() => underWay.delete(key));
      }
      const before = version();
      const caller = await shared;
      if (version() === before) return caller;
    }
  }

  return (claims) => {
    const key = hashOf(claims);
    if (key === null) return NOBODY;
    const caller = callers.get(key);
    if (caller && now() < caller.verifiedUntilMs) return caller;
    return { wasAccepted: caller !== undefined, verify: () => verifyOnce(claims) };
  };
}

/** Measured on Node 24: 650 bytes with its slot, plus 60 and the string for each workflow id or attribute. */
const CALLER_BYTES = 800;
const TEXT_BYTES = 64;

function bytesOf({ viewer, owner, rights }: Caller): number {
  if (!viewer) return CALLER_BYTES;
  const { scope, attributes, credential } = viewer;
  const texts = [
    owner?.key ?? '',
    ...rights,
    scope?.organizationId ?? '',
    ...(scope?.workflowIds ?? []),
    ...Object.entries(attributes).flat(),
  ];
  return texts.reduce((bytes, text) => bytes + TEXT_BYTES + 2 * text.length, CALLER_BYTES + 2 * credential.length);
}
