import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema, getNamedType, isObjectType, isRequiredArgument, type GraphQLField } from 'graphql';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type Json, type TestGateway } from '../harness/gateway.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
type Field = GraphQLField<unknown, unknown>;

function fieldsOf(typeName: string): Field[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`expected ${typeName} to be a type with fields`);
  return Object.values(type.getFields());
}

/** The field with the values of its objects, down to so many levels. */
function select(field: Field, levels: number): string {
  const given = field.args
    .filter(isRequiredArgument)
    .map(({ name }) => `${name}: ${name === 'ids' ? '["run-1"]' : '"run-1"'}`);
  const args = given.length > 0 ? `(${given.join(', ')})` : '';
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return `${field.name}${args}`;
  const inner = Object.values(type.getFields()).filter(({ type: of }) => levels > 1 || !isObjectType(getNamedType(of)));
  return `${field.name}${args} { __typename ${inner.map((each) => select(each, levels - 1)).join(' ')} }`;
}

/** By its parent: where it is asked for, and where it is found in the data. */
const PARENTS: Readonly<Record<string, readonly [(fields: string) => string, (data: Json) => unknown]>> = {
  Run: [(fields) => `{ run(workflowId: "wf", id: "run-1") { ${fields} } }`, (data) => (data as Data).run],
  Step: [
    (fields) => `{ run(workflowId: "wf", id: "run-1") { steps { ${fields} } } }`,
    (data) => (data as { run: { steps: readonly unknown[] } }).run.steps[0],
  ],
  Workflow: [(fields) => `{ workflow(id: "wf") { ${fields} } }`, (data) => (data as Data).workflow],
};
type Data = Readonly<Record<string, unknown>>;

/** Each alone: what one field needs must not be there only because another one asked for it. */
describe.each(Object.entries(PARENTS))('each field of a %s', (typeName, [queryOf, parentIn]) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let beside: Readonly<Record<string, unknown>>;
  let number = 0;

  /** With another key each time, so that nothing is cached. */
  async function ask(selection: string): Promise<Readonly<Record<string, unknown>>> {
    number += 1;
    const { data, errors } = await gateway.query(queryOf(selection), { key: `key-${number}` });
    expect(errors).toEqual([]);
    return parentIn(data) as Readonly<Record<string, unknown>>;
  }

  beforeAll(async () => {
    upstream = await startFaultyUpstream(createScriptedHistory(3, [wireWorkflow('wf')]).script);
    const { now, after } = createManualClock();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_OPERATION_OBJECTS: '1000000' }, { now, after });
    beside = await ask(
      fieldsOf(typeName)
        .map((field) => select(field, 2))
        .join(' '),
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each(fieldsOf(typeName).map((field) => [field.name, field] as const))(
    'is the same alone as beside all others: %s',
    async (name, field) => {
      expect(beside).toHaveProperty(name);
      // The first time, and from the caches.
      for (let time = 0; time < 3; time += 1) expect((await ask(select(field, 2)))[name]).toEqual(beside[name]);
    },
  );
});
