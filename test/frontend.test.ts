import { readdirSync, readFileSync } from 'node:fs';
import { InMemoryCache, gql, type TypePolicies } from '@apollo/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OperationTypeNode, print, type DocumentNode } from 'graphql';
import { startGateway, type TestGateway } from './support/gateway.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const VARIABLES = {
  workflowId: 'support-triage',
  runId: 'run-4711',
  runIds: ['run-4711', 'run-4712'],
  nodeIds: ['sentiment', 'classify'],
  baseId: 'run-4711',
  headId: 'run-4712',
  inputs: { subject: 'Checkout is down' },
};

/** The very text of docs/frontend.md, as a module. */
async function documentedPolicies(): Promise<TypePolicies> {
  const [, policies] = /^ {2}typePolicies: (\{[\s\S]*?^ {2}\}),/m.exec(read('docs/frontend.md')) ?? [];
  if (policies === undefined) throw new Error('expected typePolicies in docs/frontend.md');
  const module = (await import(`data:text/javascript,${encodeURIComponent(`export default ${policies}`)}`)) as {
    readonly default: TypePolicies;
  };
  return module.default;
}

const isQuery = ({ definitions }: DocumentNode): boolean =>
  definitions.every((node) => !('operation' in node) || node.operation === OperationTypeNode.QUERY);

/** Apollo's client adds `__typename` to each selection before it sends and stores an operation. */
const QUERIES = readdirSync(new URL('../examples', import.meta.url))
  .map((file) => [file, new InMemoryCache().transformDocument(gql(read(`examples/${file}`)))] as const)
  .filter(([, document]) => isQuery(document));

const RUNS = gql`
  query Runs {
    one: run(workflowId: "one", id: "1") {
      ...Parts
    }
    other: run(workflowId: "other", id: "1") {
      ...Parts
    }
  }
  fragment Parts on Run {
    workflowId
    id
    status
    steps {
      workflowId
      runId
      id
      nodeId
    }
  }
`;

const runOf = (workflowId: string, status: string) => ({
  __typename: 'Run',
  workflowId,
  id: '1',
  status,
  steps: [{ __typename: 'Step', workflowId, runId: '1', id: '1', nodeId: status }],
});

describe("Apollo Client's cache", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const CONFIGURATIONS = [
    ['without configuration', () => Promise.resolve({})],
    ['with the policies of docs/frontend.md', documentedPolicies],
  ] as const;

  it.each(CONFIGURATIONS)('%s gives back the answer to every example query', async (_, policiesOf) => {
    const cache = new InMemoryCache({ typePolicies: await policiesOf() });
    for (const [file, query] of QUERIES) {
      const { data } = await gateway.query(print(query), { key: 'demo-key', variables: VARIABLES });
      cache.writeQuery({ query, variables: VARIABLES, data });
      expect({ file, data: cache.readQuery({ query, variables: VARIABLES }) }).toEqual({ file, data });
    }
  });

  it('keeps runs and steps apart whose ids repeat, with the policies', async () => {
    const cache = new InMemoryCache({ typePolicies: await documentedPolicies() });
    const data = { one: runOf('one', 'FAILED'), other: runOf('other', 'COMPLETED') };
    cache.writeQuery({ query: RUNS, data });
    expect(cache.readQuery({ query: RUNS })).toEqual(data);
    expect(Object.keys(cache.extract()).filter((key) => key.startsWith('Step'))).toHaveLength(2);
  });
});
