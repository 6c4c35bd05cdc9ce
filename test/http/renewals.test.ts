/** The renewal of an expired answer: over HTTP the order of operations can't be chosen. */
import { setImmediate as settled } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { accepted, ownerOfKey } from '../../src/auth/caller.ts';
import { createResponseCache, type CacheKey, type WholeAnswer } from '../../src/http/response-cache.ts';
import { createViewers } from '../../src/auth/viewer.ts';
import { ViewerCache } from '../../src/runs/viewer-cache.ts';

const REQUEST = '{ request }';

describe('requests for an expired response', () => {
  let now = 0;
  let started: PromiseWithResolvers<'kept' | 'not cacheable'>[] = [];
  let viewers: ViewerCache;
  let responses: ReturnType<typeof createResponseCache>;
  let key: CacheKey;

  const answer = (): WholeAnswer => ({
    body: Buffer.from('answer'),
    gzipped: null,
    contentType: 'application/json',
    etag: null,
    untilMs: now + 1000,
  });
  /** An operation, which the test ends. */
  const ask = (order: number) =>
    responses.renew(key, order, async () => {
      const work = Promise.withResolvers<'kept' | 'not cacheable'>();
      started.push(work);
      const outcome = await work.promise;
      if (outcome === 'kept') responses.keep(key, answer());
      return outcome;
    });

  beforeEach(() => {
    now = 0;
    started = [];
    viewers = new ViewerCache({
      ...{ maxBytes: 2 ** 20, reauthIntervalMs: 60_000 },
      now: () => now,
      onDrop: () => undefined,
    });
    responses = createResponseCache({ viewers, now: () => now });
    const viewer = createViewers()('key-1');
    const right = viewers.rightOf(viewer.id);
    viewers.begin(right);
    viewers.prove(right, 0);
    key = responses.keyOf(viewer, REQUEST, accepted({ viewer, owner: ownerOfKey(viewer), isVerified: false }));
    responses.keep(key, answer());
    now = 1000;
  });

  it('wait for the first one, and share its response', async () => {
    const asked = [1, 2, 3].map(ask);
    started[0]?.resolve('kept');
    expect(await Promise.all(asked)).toMatchObject(['kept', { contentType: 'application/json' }, { etag: null }]);
    expect(started).toHaveLength(1);
  });

  it('elect another one if that is given up', async () => {
    const asked = [1, 2, 3, 4].map(ask);
    started[0]?.reject(new Error('its client has left'));
    await expect(asked[0]).rejects.toThrow('left');
    await settled();
    expect(started).toHaveLength(2);
    started[1]?.resolve('kept');
    expect(await Promise.all(asked.slice(1))).toMatchObject(['kept', { etag: null }, { etag: null }]);
  });

  it("don't wait after a response that may not be cached", async () => {
    const asked = [1, 2].map(ask);
    started[0]?.resolve('not cacheable');
    await asked[0];
    await settled();
    const later = [3, 4].map(ask);
    expect(started).toHaveLength(4);
    started[1]?.resolve('kept');
    for (const work of started) work.resolve('not cacheable');
    await Promise.all([...asked, ...later]);
    now = 2000;
    const again = [5, 6].map(ask);
    expect(started).toHaveLength(5);
    started[4]?.resolve('kept');
    await Promise.all(again);
  });

  it('never wait for a younger one', async () => {
    const younger = ask(2);
    const older = ask(1);
    expect(started).toHaveLength(2);
    for (const work of started) work.resolve('kept');
    await Promise.all([younger, older]);
  });
});
