/** Which keys of an issuer can check signatures: one that can't must not fail the verification of a token that names it. */
import { createLocalJWKSet, errors, type JWK } from 'jose';
import { TOKEN_ALGORITHMS } from '../config/auth.ts';

/** RFC 7518, 3.3. */
const MIN_RSA_BITS = 2048;

/** False for a key that is malformed, private or too short. A key for something else (`use`, `alg`) is true: it is never found. */
export async function isUsable(jwk: JWK): Promise<boolean> {
  const find = createLocalJWKSet({ keys: [jwk] });
  for (const alg of TOKEN_ALGORITHMS) {
    try {
      const { modulusLength = MIN_RSA_BITS } = (await find({ alg })).algorithm as { modulusLength?: number };
      return modulusLength >= MIN_RSA_BITS;
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) return false;
    }
  }
  return true;
}
