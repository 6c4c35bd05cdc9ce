/** Tests the module: the id of a viewer keys every cache, so no two rights may share one. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createViewerIds, createViewers, type Viewer } from '../../src/auth/viewer.ts';

const arbitraryScope = fc.record({
  organizationId: fc.option(fc.constantFrom('', 'o', 'a')),
  workflowIds: fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'a,b', 'o')).map((ids) => new Set(ids))),
});
const arbitraryViewer = fc.record({
  credential: fc.constantFrom('ada', 'Ada', 'ada{"x":"1"}'),
  scope: fc.option(arbitraryScope),
  attributes: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')),
});
type Draft = Omit<Viewer, 'id' | 'redaction'>;

const SECRET = Buffer.from('a secret');
const viewersOf = createViewers(createViewerIds(SECRET));
const idOf = ({ credential, scope, attributes }: Draft) => viewersOf(credential, { scope, attributes }).id;
/** The rights of a viewer in a fixed order. */
const rightsOf = ({ credential, scope, attributes }: Draft) =>
  JSON.stringify([
    credential,
    scope && [scope.organizationId, scope.workflowIds && [...scope.workflowIds].sort()],
    Object.entries(attributes).sort(),
  ]);

describe('a viewer', () => {
  it('has the same id as another one exactly with equal rights', () => {
    fc.assert(
      fc.property(arbitraryViewer, arbitraryViewer, (one, other) => {
        expect(idOf(one) === idOf(other)).toBe(rightsOf(one) === rightsOf(other));
      }),
      { numRuns: 2000 },
    );
  });

  it('has an id derived by HMAC with a secret of the process', () => {
    const ids = [createViewers()('ada').id, createViewers()('ada').id, viewersOf('ada').id];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/);
    expect(ids[2]).toBe(createHmac('sha256', SECRET).update('ada').digest('base64url'));
  });
});
