import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuthenticateHook, Identity } from '../../src/index.ts';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog } from '../harness/observed.ts';

const GOOD: Identity = { upstreamKey: 'key-of-upstream', workflowIds: 'all' };
const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';

/** What embedding/authenticate.test.ts does not show: the edges of what an identity may say. */
describe("the identity that an embedder's hook gives", () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway | undefined;
  const clock = createManualClock();
  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(() => gateway?.close());
  afterAll(() => upstream.close());

  async function ask(authenticate: AuthenticateHook) {
    const log = captureLog('error');
    const overrides = { authenticate, logger: log.logger, now: clock.now, after: clock.after };
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, overrides);
    const { errors } = await gateway.query(RUN, { key: 'credential' });
    return { code: errors[0]?.extensions.code ?? 'accepted', log };
  }

  it.each<readonly [string, object, string]>([
    ['a key of 8192 characters', { upstreamKey: 'k'.repeat(8192) }, 'accepted'],
    ['a longer key', { upstreamKey: 'k'.repeat(8193) }, 'IDENTITY_UNAVAILABLE'],
    ['a key with a blank before it', { upstreamKey: ' key' }, 'IDENTITY_UNAVAILABLE'],
    ['a key with a blank behind it', { upstreamKey: 'key ' }, 'IDENTITY_UNAVAILABLE'],
    ['an empty name of an organization', { organizationId: '' }, 'IDENTITY_UNAVAILABLE'],
    ['no workflow', { workflowIds: [] }, 'NOT_FOUND'],
    ['another workflow', { workflowIds: ['other'] }, 'NOT_FOUND'],
    ['the workflow', { workflowIds: ['wf'] }, 'accepted'],
    ['attributes of 4096 characters', { attributes: { ['n'.repeat(96)]: 'x'.repeat(4000) } }, 'accepted'],
    ['longer ones', { attributes: { ['n'.repeat(97)]: 'x'.repeat(3000), m: 'x'.repeat(999) } }, 'IDENTITY_UNAVAILABLE'],
    ['a right until now', { expiresAt: clock.now() }, 'UNAUTHENTICATED'],
    ['a right that ends in a moment', { expiresAt: clock.now() + 1 }, 'accepted'],
  ])('may have %s, or not', async (_name, identity, code) => {
    expect((await ask(() => ({ ...GOOD, ...identity }))).code).toBe(code);
  });

  it.each<readonly [string, AuthenticateHook, readonly string[]]>([
    [
      'the members that are malformed',
      () => ({ upstreamKey: 's 3cret', workflowIds: [1, 's3cret'], attributes: { a: 7 } }) as unknown as Identity,
      ['upstreamKey', 'workflowIds', 'attributes.a'],
    ],
    ['the members that it should not have', () => ({ ...GOOD, scope: 's3cret' }) as Identity, ['unknown scope']],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- Embedders may.
    ['a text that is thrown', () => Promise.reject('down'), ['down']],
  ])('is refused, and the log has %s, but no value', async (_name, hook, words) => {
    const { code, log } = await ask(hook);
    expect(code).toBe('IDENTITY_UNAVAILABLE');
    const failures = log.lines.filter(({ msg }) => msg === 'authenticate failed');
    expect(failures).toHaveLength(1);
    for (const word of words) expect(failures[0]?.reason).toContain(word);
    expect(log.text).not.toMatch(/s ?3cret/);
  });
});
