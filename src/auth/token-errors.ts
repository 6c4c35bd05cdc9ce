/** Errors of tokens: the message names what is wrong, and never quotes the token. */
import { errors } from 'jose';
import type { TokenConfig } from '../config/auth.ts';
import { GatewayError } from '../upstream/errors.ts';

export const unauthenticated = (message: string): GatewayError => new GatewayError('UNAUTHENTICATED', message);

const { JWTClaimValidationFailed, JWTExpired, JOSEAlgNotAllowed, JOSEError } = errors;
const { JWSSignatureVerificationFailed, JWKSNoMatchingKey, JWKSMultipleMatchingKeys } = errors;

/** The error that `jwtVerify` threw, for the client; null where it is not the token's fault. */
export function tokenErrorOf(error: unknown, { algorithms }: TokenConfig): GatewayError | null {
  if (error instanceof JWTExpired) return unauthenticated('the token has expired: get a new one');
  if (error instanceof JWTClaimValidationFailed) return unauthenticated(claimProblem(error));
  if (error instanceof JOSEAlgNotAllowed) {
    return unauthenticated(`the token's algorithm is none of those that this gateway takes (${algorithms.join(', ')})`);
  }
  if (error instanceof JWSSignatureVerificationFailed)
    return unauthenticated("the token's signature does not fit its content");
  if (error instanceof JWKSNoMatchingKey)
    return unauthenticated("the token's signature is by a key that the issuer does not list");
  if (error instanceof JWKSMultipleMatchingKeys) {
    return unauthenticated("the token's signature names no key (kid), and the issuer lists more than one");
  }
  if (error instanceof JOSEError)
    return unauthenticated('the credential is malformed: it is no signed JWT, and no key of this gateway');
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
