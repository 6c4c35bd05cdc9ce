// @vitest-environment happy-dom
import { ApolloProvider } from '@apollo/client/react';
import { GraphQLError } from 'graphql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../apollo/client.ts';
import { useRun } from '../apollo/useRun.ts';
import { mockServer } from './server.ts';

interface RunKey {
  readonly workflowId: string;
  readonly id: string;
}

const URL = '/graphql';
const server = mockServer(URL, {
  run({ workflowId, id }: RunKey) {
    if (id === 'late') throw new GraphQLError('Too late', { extensions: { code: 'UPSTREAM_TIMEOUT' } });
    return { workflowId, id, status: 'FAILED', totalElapsedTime: 7, freshness: { isFinal: true } };
  },
});
beforeAll(() => server.listen());
afterAll(() => server.close());

function Status({ id }: { readonly id: string }) {
  const { run, error } = useRun({ workflowId: 'support-triage', id });
  return error?.message ?? run?.status ?? 'Loading';
}

it.each([
  ['run-4711', 'FAILED'],
  ['late', 'Too late'],
])('shows the state of run %s', async (id, shown) => {
  const client = createClient(URL, () => 'any key');
  const page = document.createElement('div');
  createRoot(page).render(createElement(ApolloProvider, { client, children: createElement(Status, { id }) }));
  await expect.poll(() => page.textContent).toBe(shown);
});
