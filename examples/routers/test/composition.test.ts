import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { INCIDENTS_SDL } from './incidents.ts';

const CONTRACT = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');

describe('the schema as a subgraph', () => {
  it('The subgraph composes with a subgraph that refers to its types and adds a field to runs', () => {
    const { errors, supergraphSdl } = composeServices([
      { name: 'stepgate', url: 'http://stepgate.test', typeDefs: parse(CONTRACT) },
      { name: 'incidents', url: 'http://incidents.test', typeDefs: parse(INCIDENTS_SDL) },
    ]);
    assert.equal(errors, undefined);
    assert.match(supergraphSdl ?? '', /@join__type\(graph: STEPGATE, key: "workflowId runId id"\)/);
  });

  it('The subgraph does not compose when a key names an unknown field', () => {
    const broken = CONTRACT.replace('@key(fields: "workflowId id")', '@key(fields: "workflow id")');
    const { errors = [] } = composeServices([
      { name: 'stepgate', url: 'http://stepgate.test', typeDefs: parse(broken) },
    ]);
    assert.match(errors[0]?.message ?? '', /@key\(fields: "workflow id"\)/);
  });
});
