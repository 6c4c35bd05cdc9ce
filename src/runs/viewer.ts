/** Whoever is asking, told apart by the right to see: the id keys every cache, the credential goes upstream. */
import { hash, randomBytes } from 'node:crypto';
import type { Scope } from '../upstream/scope.ts';

export interface Viewer {
  /** An HMAC of all that decides what may be seen: safe to log and to hold, and worthless outside this process. */
  readonly id: string;
  /** Goes upstream. */
  readonly credential: string;
  /** Null: all that the credential sees. */
  readonly scope: Scope | null;
}

export type ViewerOf = (credential: string, scope?: Scope | null) => Viewer;

/** What a call upstream must know of the viewer. */
export const upstreamIdentityOf = ({ credential, scope }: Viewer) => ({ credential, scope });

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** The secret is the process's own, so ids can't be compared with those of another process or guessed from a key. */
export function createViewers(secret: Buffer = randomBytes(32)): ViewerOf {
  const hmac = createHmacSha256(secret);
  return (credential, scope = null) => ({
    id: hmac(scope ? `${credential}\n${textOf(scope)}` : credential),
    credential,
    scope,
  });
}

/** The same for the same scope, in whatever order it was told. No credential holds a line break. */
const textOf = ({ organizationId, workflowIds }: Scope): string =>
  JSON.stringify([organizationId, workflowIds && [...workflowIds].sort()]);

/**
 * HMAC-SHA-256 in base64url (RFC 2104), as two one-shot hashes: every request needs one, and node's own `createHmac` makes
 * a key object each time, which takes ten times as long.
 */
export function createHmacSha256(secret: Buffer): (text: string) => string {
  const key = Buffer.alloc(BLOCK_BYTES);
  (secret.length > BLOCK_BYTES ? hash('sha256', secret, 'buffer') : secret).copy(key);
  const innerPad = key.map((byte) => byte ^ 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  key.forEach((byte, index) => (outer[index] = byte ^ 0x5c));
  return (text) => {
    hash('sha256', Buffer.concat([innerPad, Buffer.from(text)]), 'buffer').copy(outer, BLOCK_BYTES);
    return hash('sha256', outer, 'base64url');
  };
}
