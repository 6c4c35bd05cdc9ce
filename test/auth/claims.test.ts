import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scopeOfClaims } from '../../src/auth/claims.ts';

/** Names that every object has are claims like any other. */
const names = fc.uniqueArray(fc.constantFrom('org', 'workflows', 'constructor', '__proto__', 'toString'), {
  minLength: 2,
  maxLength: 2,
});
const organization = fc.string({ minLength: 1 });
const workflows = fc.array(fc.string(), { maxLength: 4 });

const claimsOf = (entries: readonly (readonly [string, unknown])[]) =>
  Object.defineProperties(
    {},
    Object.fromEntries(entries.map(([name, value]) => [name, { value, enumerable: true }])),
  ) as Record<string, unknown>;

describe('the scope of a token', () => {
  it('is narrowed by each configured claim, and by no other', () => {
    fc.assert(
      fc.property(
        names,
        organization,
        workflows,
        fc.boolean(),
        fc.boolean(),
        ([org = '', list = ''], id, ids, narrowsOrganization, narrowsWorkflows) => {
          const claims = claimsOf([
            [org, id],
            [list, ids],
          ]);
          const scope = scopeOfClaims(claims, {
            organizationClaim: narrowsOrganization ? org : null,
            workflowsClaim: narrowsWorkflows ? list : null,
          });
          const expected = {
            organizationId: narrowsOrganization ? id : null,
            workflowIds: narrowsWorkflows ? new Set(ids) : null,
          };
          expect(scope).toEqual(narrowsOrganization || narrowsWorkflows ? expected : null);
        },
      ),
    );
  });

  it('is not told by a token without a configured claim, or with one of another type', () => {
    const wrong = fc.constantFrom(undefined, null, 1, true, {}, '', [1], ['a', null]);
    fc.assert(
      fc.property(names, wrong, fc.boolean(), ([org = '', list = ''], value, isOfOrganization) => {
        const claims = claimsOf([
          [isOfOrganization ? list : org, isOfOrganization ? ['w'] : 'org-a'],
          ...(value === undefined ? [] : [[isOfOrganization ? org : list, value] as const]),
        ]);
        const both = { organizationClaim: org, workflowsClaim: list };
        const alone = isOfOrganization ? { ...both, workflowsClaim: null } : { ...both, organizationClaim: null };
        for (const configured of [both, alone]) {
          expect(() => scopeOfClaims(claims, configured)).toThrow(/^the token's claim/);
        }
      }),
    );
  });
});
