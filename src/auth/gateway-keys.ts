/** The gateway's own API keys. Only their hashes are configured. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { GatewayKey } from '../config/auth.ts';

/** Compares in constant time: the duration reveals neither where a key differs nor which one it equals. */
export function createGatewayKeys(keys: readonly GatewayKey[]): (credential: string) => boolean {
  return (credential) => {
    if (keys.length === 0) return false;
    const sha256 = hash('sha256', credential, 'buffer');
    return keys.filter((key) => timingSafeEqual(key.sha256, sha256)).length > 0;
  };
}
