/** Whoever is asking, told apart by the right to see: the id keys every cache, the credential goes upstream. */
import { createHmac, randomBytes } from 'node:crypto';

export interface Viewer {
  /** An HMAC of the credential: safe to log and to hold, and worthless outside this process. */
  readonly id: string;
  readonly credential: string;
}

/** The secret is the process's own, so ids can't be compared with those of another process or guessed from a key. */
export function createViewers(secret: Buffer = randomBytes(32)): (credential: string) => Viewer {
  return (credential) => ({ id: createHmac('sha256', secret).update(credential).digest('base64url'), credential });
}
