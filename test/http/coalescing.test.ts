import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createResponseCache, type CacheKey } from '../../src/http/graphql/response-cache.ts';
import { createCachePartitions } from '../../src/runs/cache-partitions.ts';
import { createManualClock } from '../support/clock.ts';
import { settle, viewerOf } from '../support/operations.ts';

const LIVE_MS = 1000;

/** A response cache whose executions the test ends by hand. */
function createHarness(liveMs = LIVE_MS) {
  const clock = createManualClock();
  const partitions = createCachePartitions<unknown>(1_000_000);
  const cache = createResponseCache({
    partitions,
    cache: { rightUntil: () => Infinity, rightToPartition: () => Infinity },
    now: clock.now,
  });
  const viewer = viewerOf('key-1');
  partitions.proveRight(partitions.lease(viewer.id), clock.now());

  const executions: { readonly key: CacheKey; readonly end: (body: string | null) => void }[] = [];
  /** As the handler does it. Null: the answer is not cacheable. */
  async function request(text: string, of = viewer): Promise<string> {
    const key = cache.keyOf(of, text);
    const found = await cache.find(key, Infinity);
    if (found) return String(found.body);
    const entry = cache.begin(key, Infinity);
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const execution = {
      key,
      end(body: string | null) {
        executions.splice(executions.indexOf(execution), 1);
        resolve(body);
      },
    };
    executions.push(execution);
    try {
      const body = await promise;
      if (body === null) return 'an error';
      const answer = { body: Buffer.from(body), contentType: 'application/json', etag: null };
      return String(entry.keep({ ...answer, untilMs: clock.now() + liveMs }).body);
    } finally {
      entry.end();
    }
  }

  /** So many requests, each of which comes after the one before has been looked up. */
  async function poll(count: number): Promise<readonly Promise<string>[]> {
    const polls: Promise<string>[] = [];
    for (let number = 0; number < count; number += 1) {
      polls.push(request('poll'));
      await settle();
    }
    return polls;
  }

  /** Sends a request so often that its answer is cached. */
  async function cached(text: string, body: string): Promise<void> {
    for (let time = 0; time < 2; time += 1) {
      const answer = request(text);
      await settle();
      executions[0]?.end(body);
      await answer;
    }
  }

  return { clock, executions, request, poll, cached };
}

describe('requests for a cached answer that has expired', () => {
  it('are executed once, and share its answer; where it can not be shared, each is executed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.boolean(), async (count, isShared) => {
        const { clock, executions, request, poll, cached } = createHarness();
        await cached('poll', 'old');
        expect(await request('poll')).toBe('old');
        clock.advance(LIVE_MS);
        const polls = await poll(count);
        expect(executions).toHaveLength(1);
        executions[0]?.end(isShared ? 'new' : null);
        await settle();
        expect(executions).toHaveLength(isShared ? 0 : count - 1);
        for (const execution of [...executions]) execution.end('later');
        expect((await Promise.all(polls)).slice(1)).toEqual(Array(count - 1).fill(isShared ? 'new' : 'later'));
      }),
    );
  });

  it('wait again for the next one', async () => {
    const { clock, executions, poll, cached } = createHarness();
    await cached('poll', 'old');
    for (const body of ['second', 'third']) {
      clock.advance(LIVE_MS);
      const polls = await poll(2);
      expect(executions).toHaveLength(1);
      executions[0]?.end(body);
      expect(await Promise.all(polls)).toEqual([body, body]);
    }
  });

  it('wait neither for another request nor for that of another viewer', async () => {
    const { clock, executions, request, cached } = createHarness();
    await cached('poll', 'old');
    clock.advance(LIVE_MS);
    const all = [request('poll'), request('another'), request('poll', viewerOf('key-2'))];
    await settle();
    expect(executions.map(({ key }) => key.name).sort()).toEqual(['answer another', 'answer poll', 'answer poll']);
    for (const execution of [...executions]) execution.end('new');
    expect(await Promise.all(all)).toEqual(['new', 'new', 'new']);
  });

  it('are executed side by side where nothing was cached: nobody knows whether the answer can be shared', async () => {
    const { executions, poll } = createHarness();
    const first = await poll(3);
    expect(executions).toHaveLength(3);
    for (const execution of [...executions]) execution.end(null);
    expect(await Promise.all(first)).toEqual(['an error', 'an error', 'an error']);
  });

  it('are executed side by side where no answer can be kept: nobody could share it', async () => {
    const { executions, poll, cached } = createHarness(0);
    await cached('poll', 'old');
    const all = await poll(3);
    expect(executions).toHaveLength(3);
    for (const execution of [...executions]) execution.end('new');
    expect(await Promise.all(all)).toEqual(['new', 'new', 'new']);
  });
});

describe('requests of any length', () => {
  it('are cached up to 16 KiB', async () => {
    const { executions, request, cached } = createHarness();
    const text = 'x'.repeat(16_384);
    await cached(text, 'kept');
    expect(await request(text)).toBe('kept');
    await cached(`${text}x`, 'not kept');
    const again = request(`${text}x`);
    await settle();
    expect(executions).toHaveLength(1);
    executions[0]?.end('executed');
    expect(await again).toBe('executed');
  });

  it('have a short name of their own from 1 KiB on', async () => {
    const { executions, request } = createHarness();
    const texts = ['x'.repeat(1024), 'x'.repeat(1025), 'x'.repeat(1026)];
    const all = texts.map((text) => request(text));
    await settle();
    const [own, ...hashed] = executions.map(({ key }) => key.name);
    expect(own).toBe(`answer ${texts[0] ?? ''}`);
    for (const name of hashed) expect(name).toMatch(/^answer [\w-]{43}$/);
    expect(new Set(hashed).size).toBe(2);
    for (const execution of [...executions]) execution.end(null);
    await Promise.all(all);
  });
});
