/** Reads the scope out of a token's claims. */
import type { JWTPayload } from 'jose';
import type { TokenConfig } from '../config/auth.ts';
import type { Scope } from '../upstream/scope.ts';
import { unauthenticated } from './token-errors.ts';

/**
 * Null where no claim is configured: then the bearer sees all that the gateway sees. Throws UNAUTHENTICATED where a
 * configured claim is missing or malformed: without it, its bearer would see everything.
 */
export function scopeOfClaims(
  claims: JWTPayload,
  { organizationClaim, workflowsClaim }: Pick<TokenConfig, 'organizationClaim' | 'workflowsClaim'>,
): Scope | null {
  if (organizationClaim === null && workflowsClaim === null) return null;
  return {
    organizationId:
      organizationClaim === null ? null : readOrganization(claimOf(claims, organizationClaim), organizationClaim),
    workflowIds: workflowsClaim === null ? null : readWorkflows(claimOf(claims, workflowsClaim), workflowsClaim),
  };
}

const claimOf = (claims: JWTPayload, name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined);

function readOrganization(claim: unknown, name: string): string {
  if (typeof claim === 'string' && claim !== '') return claim;
  throw unauthenticated(`the token's claim "${name}" must be the id of an organization`);
}

function readWorkflows(claim: unknown, name: string): ReadonlySet<string> {
  const ids: readonly unknown[] | null = Array.isArray(claim) ? claim : null;
  if (ids?.every((id) => typeof id === 'string')) return new Set(ids);
  throw unauthenticated(`the token's claim "${name}" must be a list of workflow ids`);
}
