import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createViewerIds, createViewers, identityOf, upstreamIdentityOf, type Viewer } from '../../src/runs/viewer.ts';

const arbitraryScope = fc.record({
  organizationId: fc.option(fc.constantFrom('o', 'p')),
  workflowIds: fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c')).map((ids) => new Set(ids))),
});
const arbitraryViewer = fc.record({
  credential: fc.constantFrom('ada', 'bob'),
  scope: fc.option(arbitraryScope),
  attributes: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')),
});
type Draft = Omit<Viewer, 'id'>;

const viewersOf = createViewers(createViewerIds(Buffer.from('a secret')));
const idOf = ({ credential, scope, attributes }: Draft) => viewersOf(credential, scope, attributes).id;
/** What may be seen, in one order. */
const rightsOf = ({ credential, scope, attributes }: Draft) =>
  JSON.stringify([
    credential,
    scope && [scope.organizationId, scope.workflowIds && [...scope.workflowIds].sort()],
    Object.entries(attributes).sort(),
  ]);

describe('a viewer', () => {
  it('has the id of whoever sees the same, and of nobody else', () => {
    fc.assert(
      fc.property(arbitraryViewer, arbitraryViewer, (one, other) => {
        expect(idOf(one) === idOf(other)).toBe(rightsOf(one) === rightsOf(other));
      }),
      { numRuns: 2000 },
    );
  });

  it('has one id, in whatever order its rights are told', () => {
    const scope = (...ids: string[]) => ({ organizationId: null, workflowIds: new Set(ids) });
    const one = { credential: 'ada', scope: scope('a', 'b', 'c'), attributes: { x: '1', y: '2', z: '3' } };
    const other = { credential: 'ada', scope: scope('c', 'b', 'a'), attributes: { z: '3', y: '2', x: '1' } };
    expect(idOf(one)).toBe(idOf(other));
    expect(viewersOf('ada', one.scope, one.attributes)).toMatchObject(one);
  });

  it('is not taken for another by a credential that looks like its rights', () => {
    const attributes = { x: '1' };
    expect(viewersOf(`ada${JSON.stringify(attributes)}`).id).not.toBe(viewersOf('ada', null, attributes).id);
  });

  it('has another id in each process, which tells nothing of its credential', () => {
    const ids = [createViewers()('ada').id, createViewers()('ada').id, viewersOf('ada').id];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/);
  });

  it('is its credential where nothing else is told, and sends that under its id', () => {
    const viewer = viewersOf('ada');
    expect([identityOf(viewer), viewer.scope, viewer.attributes]).toEqual(['ada', null, {}]);
    expect(upstreamIdentityOf(viewer)).toEqual({ viewerId: viewer.id, credential: 'ada', scope: null });
  });
});
