/** Whoever is asking, told apart by the right to see: the id keys every cache, the credential goes upstream. */
import { hash, randomBytes } from 'node:crypto';

export interface Viewer {
  /** An HMAC of the credential: safe to log and to hold, and worthless outside this process. */
  readonly id: string;
  readonly credential: string;
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** The secret is the process's own, so ids can't be compared with those of another process or guessed from a key. */
export function createViewers(secret: Buffer = randomBytes(32)): (credential: string) => Viewer {
  const hmac = createHmacSha256(secret);
  return (credential) => ({ id: hmac(credential), credential });
}

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
