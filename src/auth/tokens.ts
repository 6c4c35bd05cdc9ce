/** JSON Web Tokens, verified with the issuer's keys. Their claims become a scope. */
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { ServiceAuth, TokenConfig } from '../config/config.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Scope } from '../upstream/api.ts';
import { unauthenticated } from './caller.ts';
import type { Claims } from './claims.ts';
import { createIssuerKeys } from './issuer-keys.ts';
import {
  createCachedAuthenticator,
  type Authenticator,
  type IdentificationOptions,
  type Verified,
} from './verified-callers.ts';

/** Rejects with ConfigError if the issuer's key file cannot be read. */
export async function createTokens(
  { apiKey, executeScope }: ServiceAuth,
  config: TokenConfig,
  options: IdentificationOptions,
): Promise<Authenticator['callerOf']> {
  const { viewerOf, wallOf } = options;
  const { issuer, audience, clockToleranceSeconds: clockTolerance } = config;
  const rules = { issuer, audience, clockTolerance, algorithms: [...config.algorithms], requiredClaims: ['exp'] };
  const keys = await createIssuerKeys(config.jwks, options);

  function reject(error: unknown): never {
    throw error instanceof GatewayError ? error : unauthenticated(problemOf(error, config));
  }

  async function verify({ credential }: Claims, nowMs: number): Promise<Verified> {
    const wallMs = wallOf(nowMs);
    const { payload } = await jwtVerify(credential ?? '', keys, { ...rules, currentDate: new Date(wallMs) }).catch(
      reject,
    );
    const untilMs = ((payload.exp ?? 0) + clockTolerance) * 1000 - wallMs + nowMs;
    const rights = rightsIn(payload);
    const viewer = viewerOf(apiKey, { scope: scopeOf(payload, config), rights });
    const name = readClaim(payload, 'sub', SUBJECT) ?? null;
    return { viewer, name, rights, mayExecute: mayExecuteWith(rights, executeScope), untilMs };
  }

  const keyOf = ({ credential }: Claims) => credential;
  return createCachedAuthenticator({ kind: 'token', keyOf, version: () => 0, verify }, options);
}

const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'the token has the wrong issuer (iss)',
  aud: 'the token has the wrong audience (aud)',
  nbf: 'the token is not yet valid (nbf)',
  exp: 'the token does not expire (exp is missing)',
};

/** Why a token is rejected. The message never quotes the token. */
function problemOf(error: unknown, { algorithms }: TokenConfig): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired; get a new one';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'invalid') return `the token's claim "${error.claim}" must be a number`;
    return CLAIMS[error.claim] ?? 'a claim of the token is malformed';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return `the token's algorithm must be one of ${algorithms.join(', ')}`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature does not match";
  if (error instanceof errors.JWKSNoMatchingKey) return "the token's key is not among the keys of the issuer";
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'the token must name its key (kid): the issuer has several';
  // The key is private, malformed or too short (RSA below 2048 bits).
  if (error instanceof errors.JWKSInvalid || !(error instanceof errors.JOSEError))
    return "the token's key cannot be used: the issuer publishes it in an unsupported format";
  return 'the credential must be a signed JWT or a key of this gateway';
}

/** Claims in which issuers list what a token may do: a space-separated string (RFC 8693) or a list. */
const SCOPE_CLAIMS = ['scope', 'scp', 'roles', 'permissions'];

/** A null `executeScope` allows everyone. */
export const mayExecuteWith = (rights: readonly string[], executeScope: string | null): boolean =>
  executeScope === null || rights.includes(executeScope);

const rightsIn = (claims: JWTPayload): readonly string[] => SCOPE_CLAIMS.flatMap((name) => wordsOf(claims[name]));

function wordsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
}

const SUBJECT = z.string().min(1).optional().describe('a non-empty string, or omitted');
const ORGANIZATION = z.string().min(1).describe('the id of an organization');
const WORKFLOWS = z
  .array(z.string())
  .transform((ids): ReadonlySet<string> => new Set(ids))
  .describe('a list of workflow ids');

/** Returns the scope, or null if the bearer may see everything that the gateway sees. */
function scopeOf(claims: JWTPayload, { organizationClaim, workflowsClaim }: TokenConfig): Scope | null {
  if (organizationClaim === null && workflowsClaim === null) return null;
  return {
    organizationId: readClaim(claims, organizationClaim, ORGANIZATION),
    workflowIds: readClaim(claims, workflowsClaim, WORKFLOWS),
  };
}

/** Returns null without a claim name. A missing claim throws, because the bearer would otherwise see everything. */
function readClaim<T>(claims: JWTPayload, name: string | null, schema: z.ZodType<T>): T | null {
  if (name === null) return null;
  const { data, error } = schema.safeParse(Object.hasOwn(claims, name) ? claims[name] : undefined);
  if (error) throw unauthenticated(`the token's claim "${name}" must be ${schema.description ?? ''}`);
  return data;
}
