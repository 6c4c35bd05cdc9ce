import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema, Kind, parse, TypeInfo, validate, visit, type ASTNode } from 'graphql';
import { KEYS } from '../src/graphql/federation/representations.ts';
import { createManualClock } from './harness/clock.ts';
import { VARIABLES } from './support/example-variables.ts';
import { startGateway, type TestGateway } from './harness/gateway.ts';

const at = (path: string) => new URL(`../${path}`, import.meta.url);
const read = (path: string) => readFileSync(at(path), 'utf8');

const examples = readdirSync(at('examples'))
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => [file, read(`examples/${file}`)] as const);

/** A run that starts has a new id. */
const STARTED = { executeWorkflow: { run: { id: expect.any(String) } } };

describe('the example operations', () => {
  const schema = buildSchema(read('schema.graphql'));
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway({ TOKEN_PRICES: 'examples/prices.json' }, { now: createManualClock().now });
  });
  afterAll(() => gateway.close());

  const ask = (document: string) => gateway.query(document, { key: 'demo-key', variables: VARIABLES });

  it.each(examples)('%s is valid, and is answered without an error', async (file, document) => {
    expect(validate(schema, parse(document))).toEqual([]);
    const { data, errors } = await ask(document);
    expect(errors).toEqual([]);
    if (file === 'run-it-again.graphql') expect(data).toMatchSnapshot(STARTED);
    else expect(data).toMatchSnapshot();
  });

  it.each(examples)('%s selects the keys that caches need', (_, document) => {
    const types = new TypeInfo(schema);
    const missing: string[] = [];
    const enter = (node: ASTNode) => {
      types.enter(node);
      if (node.kind !== Kind.SELECTION_SET) return;
      const type = types.getParentType()?.name;
      const selected = node.selections.map((part) => (part.kind === Kind.FIELD ? part.name.value : ''));
      for (const [name, key] of Object.entries(KEYS)) {
        if (name === type) missing.push(...key.filter((field) => !selected.includes(field)));
      }
    };
    const leave = (node: ASTNode) => {
      types.leave(node);
    };
    visit(parse(document), { enter, leave });
    expect(missing).toEqual([]);
  });

  it('stand in the README, each with a link', () => {
    const readme = read('README.md');
    for (const [file] of examples) expect(readme).toContain(`(examples/${file})`);
  });

  it("the README's query gives the README's answer", async () => {
    const readme = read('README.md');
    const [, command = ''] = /```sh\n(curl [\s\S]+?)```/.exec(readme) ?? [];
    const [, answer = ''] = /```json\n([\s\S]+?)```/.exec(readme) ?? [];
    const [, body = ''] = /-d '([^']+)'/.exec(command) ?? [];
    expect(command).toContain("-H 'authorization: Bearer demo-key'");
    const { query } = JSON.parse(body) as { query: string };
    const { data } = await ask(query);
    expect({ data }).toEqual(JSON.parse(answer));
  });
});
