import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema, getNamedType, isObjectType, isRequiredArgument } from 'graphql';
import { startFaultyUpstream, type FaultyUpstream } from '../support/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedHistory, wireWorkflow } from '../support/scripted-history.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

const fieldsOf = (typeName: string) => {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`expected ${typeName} to be a type with fields`);
  return Object.values(type.getFields()).map((field) => {
    const given = field.args
      .filter(isRequiredArgument)
      .map(({ name }) => `${name}: ${name === 'ids' ? '["run-1"]' : '"run-1"'}`);
    const args = given.length > 0 ? `(${given.join(', ')})` : '';
    return `${field.name}${args}${isObjectType(getNamedType(field.type)) ? ' { __typename }' : ''}`;
  });
};

/** Each alone: what one field needs must not be there only because another one asked for it. */
describe('each field alone', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let number = 0;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(createScriptedHistory(3, [wireWorkflow('wf')]).script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each(fieldsOf('Run'))('of a run that is not cached: %s', async (field) => {
    number += 1;
    const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "cold-${number}") { ${field} } }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ run: expect.anything() });
  });

  it.each(fieldsOf('Step'))('of a step: %s', async (field) => {
    number += 1;
    const { errors } = await gateway.query(`{ run(workflowId: "wf", id: "cold-${number}") { steps { ${field} } } }`);
    expect(errors).toEqual([]);
  });

  it.each(fieldsOf('Workflow'))('of a workflow: %s', async (field) => {
    number += 1;
    // Another key each time, so that nothing is cached.
    const { errors } = await gateway.query(`{ workflow(id: "wf") { ${field} } }`, { key: `key-${number}` });
    expect(errors).toEqual([]);
  });
});
