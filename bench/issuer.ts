/** A token issuer, for the gateway in service mode. Nobody has its private key, so each token is invalid. */
import { generateKeyPairSync } from 'node:crypto';

export const ISSUER = {
  issuer: 'https://issuer.example.com',
  audience: 'stepgate',
  kid: 'bench',
  algorithm: 'ES256',
} as const;

/** Its key set, as JSON. */
export function keySet(): string {
  const { kid, algorithm: alg } = ISSUER;
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  return JSON.stringify({ keys: [{ ...key, kid, alg, use: 'sig' }] });
}
