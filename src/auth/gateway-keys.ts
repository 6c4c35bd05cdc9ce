/** The gateway's own keys, of which it knows the hashes alone. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { GatewayKey } from '../config/auth.ts';

/** Takes as long for every key, wherever it first differs and whichever it equals. */
export function createGatewayKeys(keys: readonly GatewayKey[]): (credential: string) => boolean {
  return (credential) => {
    if (keys.length === 0) return false;
    const sha256 = hash('sha256', credential, 'buffer');
    return keys.filter((key) => timingSafeEqual(key.sha256, sha256)).length > 0;
  };
}
