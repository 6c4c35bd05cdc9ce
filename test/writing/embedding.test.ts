import { expect, it } from '@jest/globals';
import { createServer } from 'stepgate';
import { optionsOf, postTo } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const upstream = perTest(new ScriptedUpstream());

it('calls the hook of an embedder for each operation', async () => {
  const names: (string | null)[] = [];
  const gateway = await createServer({
    ...optionsOf({ UPSTREAM_URL: upstream.url }),
    onOperation: ({ name }) => void names.push(name),
  });
  await postTo(gateway.url, { query: 'query Status { run(workflowId: "wf", id: "r1") { status } }' });
  expect(names).toEqual(['Status']);
  await gateway.close();
});
