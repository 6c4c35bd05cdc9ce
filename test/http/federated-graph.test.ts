import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { INCIDENTS_SDL } from '../harness/incidents.ts';

const CONTRACT = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

describe('the schema as a subgraph', () => {
  it('composes with one that refers to its types and adds a field to runs', () => {
    const { errors, supergraphSdl } = composeServices([
      { name: 'stepgate', url: 'http://stepgate.test', typeDefs: parse(CONTRACT) },
      { name: 'incidents', url: 'http://incidents.test', typeDefs: parse(INCIDENTS_SDL) },
    ]);
    expect(errors).toBeUndefined();
    expect(supergraphSdl).toContain('@join__type(graph: STEPGATE, key: "workflowId runId id")');
  });

  it('is refused by the composition, and so by these tests, with a key that is none', () => {
    const broken = CONTRACT.replace('@key(fields: "workflowId id")', '@key(fields: "workflow id")');
    const { errors } = composeServices([{ name: 'stepgate', url: 'http://stepgate.test', typeDefs: parse(broken) }]);
    expect(errors).toMatchObject([{ message: expect.stringContaining('@key(fields: "workflow id")') }]);
  });
});
