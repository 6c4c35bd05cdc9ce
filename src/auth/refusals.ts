/** Why a token is refused, in words that name what is wrong and nothing of what came. */
import { errors } from 'jose';
import type { TokenConfig } from '../config/auth.ts';
import { GatewayError } from '../upstream/errors.ts';

export const notTaken = (message: string): GatewayError => new GatewayError('UNAUTHENTICATED', message);

const { JWTClaimValidationFailed, JWTExpired, JOSEAlgNotAllowed, JOSEError } = errors;
const { JWSSignatureVerificationFailed, JWKSNoMatchingKey, JWKSMultipleMatchingKeys } = errors;

/** Of what `jwtVerify` throws; null for what says nothing about the token. */
export function refusalOf(error: unknown, { algorithms }: TokenConfig): GatewayError | null {
  if (error instanceof JWTExpired) return notTaken('the token has expired: get a new one');
  if (error instanceof JWTClaimValidationFailed) return notTaken(claimProblem(error));
  if (error instanceof JOSEAlgNotAllowed) {
    return notTaken(`the token's algorithm is none of those that this gateway takes (${algorithms.join(', ')})`);
  }
  if (error instanceof JWSSignatureVerificationFailed)
    return notTaken("the token's signature does not fit its content");
  if (error instanceof JWKSNoMatchingKey)
    return notTaken("the token's signature is by a key that the issuer does not list");
  if (error instanceof JWKSMultipleMatchingKeys) {
    return notTaken("the token's signature names no key (kid), and the issuer lists more than one");
  }
  if (error instanceof JOSEError)
    return notTaken('the credential is malformed: it is no signed JWT, and no key of this gateway');
  return null;
}

const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'the token is of the wrong issuer (iss)',
  aud: 'the token is for the wrong audience (aud)',
  nbf: 'the token is not yet valid (nbf)',
  exp: 'the token does not say when it expires (exp)',
};

const claimProblem = ({ claim }: errors.JWTClaimValidationFailed): string =>
  CLAIMS[claim] ?? 'a claim of the token is of the wrong form';
