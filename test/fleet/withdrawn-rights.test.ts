import { afterEach, describe, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { SECRET } from '../harness/fleet.ts';
import { startGateway } from '../harness/gateway.ts';
import { subscribe } from '../harness/live-client.ts';
import { createScriptedWorkflows } from '../harness/scripted-workflows.ts';
import { startValkey } from '../harness/valkey.ts';

const RUN = 'subscription { runUpdated(workflowId: "wf", id: "watched") { status } }';
const RUNS = 'subscription { runsUpdated(workflowIds: ["wf"]) { id } }';
/** No poll is due for hours. */
const environment = { LIVE_TTL_MS: '3600000', UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows' };

const opened: { close(): Promise<void> }[] = [];
const open = <T extends { close(): Promise<void> }>(part: T): T => {
  opened.push(part);
  return part;
};
afterEach(async () => {
  for (const part of opened.splice(0).reverse()) await part.close();
});

/** Resolves with how many calls that has cost other keys. */
async function endAtOnce(count: number, redis: Readonly<Record<string, string>>): Promise<number> {
  const workflows = createScriptedWorkflows(['wf']);
  workflows.start('wf', 'watched', { status: 'running' });
  const upstream = open(await startFaultyUpstream(workflows.script));
  const start = () => startGateway({ UPSTREAM_URL: upstream.url, ...environment, ...redis });
  const gateways = await Promise.all(Array.from({ length: count }, start));
  gateways.forEach(open);
  const watch = async (key: string) => {
    const clients = await Promise.all(
      gateways.flatMap(({ url }) => [
        subscribe('graphql-sse', url, RUN, { key }),
        subscribe('graphql-ws', url, RUN, { key }),
        subscribe('graphql-ws', url, RUNS, { key }),
      ]),
    );
    for (const client of clients) await client.nextData();
    return clients;
  };
  const [withdrawn, other] = [await watch('key-1'), await watch('key-2')];
  const { script } = upstream;
  const callsOfOthers = () => upstream.calls.filter(({ key }) => key !== 'key-1').length;
  const before = callsOfOthers();
  upstream.script = (call) => (call.key === 'key-1' ? { status: 401 } : script(call));
  const refused = await gateways.at(-1)?.query('{ run(workflowId: "wf", id: "another") { status } }');
  expect(refused?.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  for (const client of withdrawn) expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
  for (const client of [...withdrawn, ...other]) client.cut();
  return callsOfOthers() - before;
}

describe('the subscriptions of a key that the upstream refuses', () => {
  it('end as soon as HTTP refuses it, long before their next poll', async () => {
    expect(await endAtOnce(1, {})).toBe(0);
  });
});

describeWithValkey(`the subscriptions of a key that the upstream refuses, in a fleet${withoutValkey}`, () => {
  it('end at all gateways as soon as one has heard of it', async () => {
    const { url } = open(await startValkey());
    await endAtOnce(2, { REDIS_URL: url, FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '1000' });
  });
});
