import { describe, expect, it } from '@jest/globals';
import type { GraphqlAnswer } from '../harness/gateway.ts';
import type { Script } from '../harness/faulty-upstream.ts';
import { startRunsScene } from '../harness/runs-scene.ts';
import { wireRun, wireStep } from '../harness/wire.ts';
import { perTest } from '../harness/lasting.ts';

const SECRET = `{ run(workflowId: "wf", id: "same") { outputs steps { id outputs } } }`;

/** One run id, two organizations with their own data. */
const ofKey: Script = ({ endpoint, key }) => ({
  json:
    endpoint === 'run'
      ? [wireRun('same', { outputs: `run of ${key ?? ''}` })]
      : [wireStep({ id: `step of ${key ?? ''}`, outputs: `steps of ${key ?? ''}` })],
});

const answerOf = (key: string) => ({
  run: { outputs: `run of ${key}`, steps: [{ id: `step of ${key}`, outputs: `steps of ${key}` }] },
});

describe('tenants', () => {
  const scene = perTest(() => startRunsScene({}, ofKey));

  it("never see each other's data: concurrently, cold and warm", async () => {
    const keys = ['key-a', 'key-b', 'key-a', 'key-b'];
    for (const temperature of ['cold', 'warm', 'ready']) {
      const answers = await Promise.all(keys.map((key) => scene.gateway.query(SECRET, { key })));
      expect({ temperature, data: answers.map(({ data }) => data) }).toEqual({ temperature, data: keys.map(answerOf) });
    }
    expect(scene.upstream.count('steps')).toBe(2);
  });

  it('without a key get UNAUTHENTICATED, even for cached data, and cause no call', async () => {
    await scene.gateway.query(SECRET, { key: 'key-a' });
    const before = scene.upstream.calls.length;
    const { status, data, errors } = await scene.gateway.query(SECRET, { key: null });
    expect(status).toBe(401);
    expect(data).toEqual({ run: null });
    expect(errors).toMatchObject([
      { path: ['run'], extensions: { code: 'UNAUTHENTICATED', retryable: false, requestId: expect.any(String) } },
    ]);
    expect(scene.upstream.calls).toHaveLength(before);
  });

  it.each(['application/json', 'application/graphql-response+json'])(
    'get 401 if no root field can run without an accepted key, and 200 if one can: %s',
    async (accept) => {
      const post = async (query: string, key?: string) => {
        const response = await fetch(`${scene.gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept, ...(key && { authorization: `Bearer ${key}` }) },
          body: JSON.stringify({ query }),
        });
        const { errors = [] } = (await response.json()) as Partial<GraphqlAnswer>;
        return [response.status, response.headers.get('www-authenticate'), errors.length];
      };
      expect(await post(SECRET)).toEqual([401, 'Bearer', 1]);
      expect(await post(`{ a: __typename ${SECRET.slice(1)}`)).toEqual([200, null, 1]);
      expect(await post('{ __typename }')).toEqual([200, null, 0]);
      scene.upstream.script = () => ({ status: 401 });
      expect(await post(SECRET, 'key-refused')).toEqual([401, 'Bearer', 1]);
      scene.upstream.script = () => ({ status: 403 });
      expect(await post(SECRET, 'key-a')).toEqual([200, null, 1]);
    },
  );

  it('A 403 of one tenant evicts its cached runs of the workflow, and nothing of another tenant', async () => {
    // The third time each comes from a whole answer.
    for (const key of ['key-a', 'key-b', 'key-a', 'key-b', 'key-a', 'key-b'])
      await scene.gateway.query(SECRET, { key });
    const ofBoth = scene.gateway.cachedBytes();
    scene.upstream.script = (call) => (call.key === 'key-a' ? { status: 403 } : ofKey(call));
    const other = '{ run(workflowId: "wf", id: "other") { id } }';
    expect(await scene.codes(other, { key: 'key-a' })).toEqual(['FORBIDDEN']);
    // The 403 itself is remembered.
    expect(scene.gateway.cachedBytes()).toBeLessThan(ofBoth / 2 + 500);
    expect((await scene.gateway.query(SECRET, { key: 'key-b' })).data).toEqual(answerOf('key-b'));
    expect(await scene.codes(SECRET, { key: 'key-a' })).toEqual(['FORBIDDEN']);
  });
});
