/** The result of authentication: what a caller may see, whose share it uses, and until when. */
import { hash } from 'node:crypto';
import { GatewayError } from '../upstream/errors.ts';
import { identityOf, type Viewer } from './viewer.ts';

export interface Caller {
  /** What may be seen: the key of every cache, and of nothing else. Null without an accepted credential. */
  readonly viewer: Viewer | null;
  /** Whose share it uses once somebody has accepted its credential. Null without a viewer. */
  readonly owner: Owner | null;
  /** Whether the gateway itself has verified the credential. Otherwise only the upstream can accept it. */
  readonly isVerified: boolean;
  /** Why the credential was rejected. Null for an accepted credential, or none. */
  readonly error: GatewayError | null;
  /** End of the right, in milliseconds since 1970. Infinity if it does not end. */
  readonly untilMs: number;
  /** Time of the next check, at most `untilMs`: the issuer's key may be withdrawn. */
  readonly verifiedUntilMs: number;
  /** Whether the caller may start runs. Callers of one viewer may differ: never cache it by viewer. */
  readonly mayExecute: boolean;
  /** Names of further rights. */
  readonly rights: readonly string[];
}

/** Whose share of the gateway and the upstream is used. */
export interface Owner {
  /** Key of every share. Equal names of two kinds, or of two tenants, are different owners. */
  readonly key: string;
  /** An accepted caller; a network with all of its strangers; all strangers behind proxies that hide their networks. */
  readonly kind: 'caller' | 'network' | 'proxies';
  /** Name in logs. Null if the caller has none. */
  readonly name: string | null;
}

/**
 * - STRANGER: nobody has accepted the credential. It shares what its network has, and nothing is stored for it.
 * - ACCEPTED: the gateway has verified it, or the upstream has accepted it.
 * - FRESH: one of them has done so within REAUTH_INTERVAL_MS.
 */
export type Standing = 'STRANGER' | 'ACCEPTED' | 'FRESH';

interface Accepted extends Pick<Caller, 'viewer' | 'owner' | 'isVerified'> {
  readonly untilMs?: number;
  readonly verifiedUntilMs?: number;
  readonly mayExecute?: boolean;
  readonly rights?: readonly string[];
}

/** Without times, the right does not end. */
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

/** What the log and the record of an operation have of its caller. */
export const namesOf = ({ viewer, owner }: Caller): { viewerId: string | null; callerName: string | null } => ({
  viewerId: viewer?.id ?? null,
  callerName: owner?.name ?? null,
});

/** Owner of a caller that is identified by more than the key that is sent upstream. `name` is null if it has none. */
export function ownerOf(
  kind: 'key' | 'token' | 'subject',
  name: string | null,
  credentialHash: string,
  viewer: Viewer,
): Owner {
  return { key: `${kind}:${name ?? credentialHash}\n${tenantOf(viewer)}`, kind: 'caller', name };
}

/** In passthrough mode the key is the owner. Gateways with other secrets have other viewer ids, but the same owner. */
export const ownerOfKey = (viewer: Viewer): Owner => ({
  key: `key:\n${tenantOf(viewer)}`,
  kind: 'caller',
  name: viewer.id,
});

/** Hash of the upstream key and the scope. */
const tenantOf = ({ credential, scope }: Viewer): string =>
  hash('sha256', identityOf({ credential, scope, attributes: {}, redaction: null }), 'base64url');
