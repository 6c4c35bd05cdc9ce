/** The result of authentication: what a caller may see, whose share it uses, and until when. */
import { hash } from 'node:crypto';
import { GatewayError } from '../upstream/errors.ts';
import { identityOf, type Viewer } from './viewer.ts';

export interface Caller {
  /** What the caller may see: the key of every cache, and of nothing else. Null without an accepted credential. */
  readonly viewer: Viewer | null;
  /** Whose share it uses once its credential has been accepted. Null without a viewer. */
  readonly owner: Owner | null;
  /** Whether the gateway itself has verified the credential. If not, only the upstream can accept it. */
  readonly isVerified: boolean;
  /** Why the credential was rejected. Null if it was accepted or is missing. */
  readonly error: GatewayError | null;
  /** When the right ends, in milliseconds since 1970, or Infinity. */
  readonly untilMs: number;
  /** When to check again, at most `untilMs`: the issuer may withdraw its key. */
  readonly verifiedUntilMs: number;
  /** Whether the caller may start runs. Callers with the same viewer may differ, so never cache it by viewer. */
  readonly mayExecute: boolean;
  /** Names of further rights. */
  readonly rights: readonly string[];
}

/** Whose share of the gateway and the upstream is used. */
export interface Owner {
  /** Key of every share. Equal names of two kinds or tenants are different owners. */
  readonly key: string;
  /**
   * An accepted caller, a network with all its unauthenticated callers, or all of these behind proxies that hide their
   * networks.
   */
  readonly kind: 'caller' | 'network' | 'proxies';
  /** Name for logs, or null. */
  readonly name: string | null;
}

/**
 * - STRANGER: the credential hasn't been accepted. The caller shares its network's capacity; nothing is stored for it.
 * - ACCEPTED: the gateway has verified the credential, or the upstream has accepted it.
 * - FRESH: one of these happened within REAUTH_INTERVAL_MS.
 */
export type Standing = 'STRANGER' | 'ACCEPTED' | 'FRESH';

interface Accepted extends Pick<Caller, 'viewer' | 'owner' | 'isVerified'> {
  readonly untilMs?: number;
  readonly verifiedUntilMs?: number;
  readonly mayExecute?: boolean;
  readonly rights?: readonly string[];
}

/** Without times, the right never ends. */
export function accepted({ untilMs = Infinity, verifiedUntilMs = untilMs, ...caller }: Accepted): Caller {
  const until = { untilMs, verifiedUntilMs: Math.min(untilMs, verifiedUntilMs) };
  return { error: null, mayExecute: true, rights: [], ...caller, ...until };
}

/** A request without a credential. */
export const NOBODY: Caller = accepted({ viewer: null, owner: null, isVerified: false });

/** Never cached: the next request authenticates again. */
export const rejected = (error: GatewayError): Caller => ({
  ...{ ...NOBODY, error, untilMs: 0, verifiedUntilMs: 0 },
  mayExecute: false,
});

export const unauthenticated = (message: string): GatewayError => new GatewayError('UNAUTHENTICATED', message);

/** The caller's names for the log and the operation record. */
export const namesOf = ({ viewer, owner }: Caller): { viewerId: string | null; callerName: string | null } => ({
  viewerId: viewer?.id ?? null,
  callerName: owner?.name ?? null,
});

/** Owner of a caller that is identified by more than the upstream key. `name` is null for a caller without one. */
export function ownerOf(
  kind: 'key' | 'token' | 'subject',
  name: string | null,
  credentialHash: string,
  viewer: Viewer,
): Owner {
  return { key: `${kind}:${name ?? credentialHash}\n${tenantOf(viewer)}`, kind: 'caller', name };
}

/**
 * In passthrough mode, the key is the owner. Gateways with different secrets have different viewer ids but the same
 * owners.
 */
export const ownerOfKey = (viewer: Viewer): Owner => ({
  key: `key:\n${tenantOf(viewer)}`,
  kind: 'caller',
  name: viewer.id,
});

/** Hash of the upstream key and the scope. */
const tenantOf = ({ credential, scope }: Viewer): string =>
  hash('sha256', identityOf({ credential, scope, attributes: {}, redaction: null }), 'base64url');
