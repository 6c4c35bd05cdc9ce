import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { postTo, TestGateway } from '../harness/gateway.ts';
import { Issuer } from '../harness/issuer.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const ASK = { query: '{ run(workflowId: "wf", id: "r1") { status } }' };
const TWO_MIB = JSON.stringify({ query: `{ __typename } #${'x'.repeat(2 ** 21)}` });

/** The order of two stages shows in the answer to a request that both would reject. */
describe('the stages of a request', () => {
  const clock = createManualClock();
  const log = captureLog('debug');
  const upstream = perBlock(new ScriptedUpstream());
  const gateway = perTest(new TestGateway({ upstream, clock, logger: log.logger }));

  const post = (body: string, headers: Record<string, string> = {}) =>
    postTo(gateway.url, body, { key: null, headers });
  const KEY = { authorization: 'Bearer key-1' };
  const codeOf = async (response: Response) => {
    const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    return [response.status, errors?.[0]?.extensions.code ?? null];
  };

  it('handle a preflight first, without a key and uncounted', async () => {
    await gateway.restart({ env: { CORS_ORIGINS: 'https://app.example.com', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1' } });
    for (let time = 0; time < 5; time += 1) {
      for (const path of ['/graphql', '/graphql/stream']) {
        const response = await fetch(`${gateway.url}${path}`, {
          method: 'OPTIONS',
          headers: {
            origin: 'https://app.example.com',
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization, content-type',
          },
        });
        expect(response.status).toBe(204);
        expect(Object.fromEntries(response.headers)).toMatchObject({
          'access-control-allow-origin': 'https://app.example.com',
          'access-control-allow-headers': 'authorization, content-type',
        });
      }
    }
    expect(await codeOf(await post(JSON.stringify({ query: '{ __typename }' })))).toEqual([200, null]);
  });

  it('authenticate before the rate limit: rejected tokens count for their address', async () => {
    const issuer: Issuer = await new Issuer(clock.now).open();
    await gateway.restart({ env: { ...issuer.env, RATE_LIMIT_PER_MINUTE: '2', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '3' } });
    const good = { authorization: `Bearer ${await issuer.token()}` };
    const expired = { authorization: `Bearer ${await issuer.token({ exp: 1 })}` };
    const body = JSON.stringify(ASK);
    expect(await codeOf(await post(body, good))).toEqual([200, null]);
    for (let time = 0; time < 3; time += 1) {
      expect(await codeOf(await post(body, expired))).toEqual([401, 'UNAUTHENTICATED']);
    }
    expect(await codeOf(await post(body, expired))).toEqual([429, 'RATE_LIMITED']);
    expect(await codeOf(await post(body))).toEqual([429, 'RATE_LIMITED']);
    expect(await codeOf(await post(body, good))).toEqual([200, null]);
    expect(await codeOf(await post(body, good))).toEqual([429, 'RATE_LIMITED']);
    await issuer.close();
  });

  it.each([
    ['of 2 MiB', TWO_MIB, {}, [413, 'BAD_USER_INPUT']],
    ['that is not JSON', '{', {}, [400, 'BAD_REQUEST']],
    ['of another type', 'x', { 'content-type': 'text/plain' }, [415, 'BAD_REQUEST']],
    ['with an unacceptable Accept', '{}', { accept: 'image/png' }, [406, 'BAD_REQUEST']],
  ])('apply the rate limit before reading the body: one %s', async (_, body, headers, problem) => {
    await gateway.restart({ env: { RATE_LIMIT_PER_MINUTE: '2' } });
    for (let time = 0; time < 2; time += 1) {
      expect(await codeOf(await post(body, { ...KEY, ...headers }))).toEqual(problem);
    }
    const refused = await post(body, { ...KEY, ...headers });
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await codeOf(refused)).toEqual([429, 'RATE_LIMITED']);
  });
});
