import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDoorkeeper } from '../../src/http/graphql/doorkeeper.ts';
import { createResponseCache, etagOf, type CacheKey } from '../../src/http/graphql/response-cache.ts';
import type { HttpResponse } from '../../src/http/response-writer.ts';
import { createCachePartitions } from '../../src/runs/cache-partitions.ts';
import { createManualClock } from '../harness/clock.ts';
import { settle, viewerOf } from '../support/operations.ts';

const LIVE_MS = 1000;

/** A response cache whose executions the test ends by hand. */
function createHarness(liveMs = LIVE_MS, rightMs = Infinity) {
  const clock = createManualClock();
  const rightUntilMs = clock.now() + rightMs;
  const partitions = createCachePartitions<unknown>(1_000_000);
  const cache = createResponseCache({
    partitions,
    cache: { rightUntil: () => rightUntilMs, rightToPartition: () => rightUntilMs },
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

  /** An execution that is over at once. */
  function keep(text: string, body: string, callerMs = Infinity): HttpResponse {
    const entry = cache.begin(cache.keyOf(viewer, text), clock.now() + callerMs);
    const answer = { body: Buffer.from(body), contentType: 'application/json', etag: null };
    const response = entry.keep({ ...answer, untilMs: clock.now() + liveMs });
    entry.end();
    return response;
  }
  const find = (text: string, callerMs = Infinity) => cache.find(cache.keyOf(viewer, text), clock.now() + callerMs);

  return {
    ...{ clock, executions, request, poll, cached, keep, find },
    cachedBytes: () => partitions.cachedBytes,
    drop: () => {
      partitions.drop(viewer.id);
    },
  };
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

describe('an answer', () => {
  it('may be kept by its client while it lives, and as long as the right of its caller to it lasts', async () => {
    const times = fc.integer({ min: 0, max: 4000 });
    await fc.assert(
      fc.asyncProperty(times, times, times, async (liveMs, rightMs, callerMs) => {
        const { keep, find } = createHarness(liveMs, rightMs);
        const left = Math.min(liveMs, rightMs, callerMs);
        const cacheControl = left > 0 ? `private, max-age=${Math.floor(left / 1000)}` : 'no-store';
        for (let time = 0; time < 2; time += 1) expect(keep('a', '{}', callerMs)).toMatchObject({ cacheControl });
        const found = await find('a', callerMs);
        expect(found?.cacheControl ?? null).toBe(left > 0 ? cacheControl : null);
      }),
    );
  });

  it('is kept when its request comes a second time', async () => {
    const { keep, find } = createHarness();
    keep('a', 'first');
    expect(await find('a')).toBeNull();
    keep('a', 'second');
    expect(String((await find('a'))?.body)).toBe('second');
  });

  it('counts for no less than it takes, with its compressed forms', () => {
    const { keep, cachedBytes } = createHarness();
    const before = cachedBytes();
    const [, { forms }] = [keep('a', 'x'.repeat(2000)), keep('a', 'x'.repeat(2000))];
    const plain = cachedBytes();
    // Of an entry and its Buffer, as measured.
    expect(plain - before).toBeGreaterThanOrEqual(2000 + 370 + 300);
    void forms?.add('gzip', Buffer.alloc(100));
    expect(cachedBytes() - plain).toBe(100 + 300);
  });

  it('stays away when it is compressed after it was replaced or evicted', async () => {
    const { keep, find, drop, cachedBytes } = createHarness();
    const [, { forms }] = [keep('a', 'old'), keep('a', 'old')];
    keep('a', 'new');
    void forms?.add('gzip', Buffer.alloc(100));
    expect(String((await find('a'))?.body)).toBe('new');
    drop();
    void forms?.add('br', Buffer.alloc(100));
    expect(cachedBytes()).toBe(0);
  });

  it('has a validator of its own', () => {
    const body = fc.string().map((text) => Buffer.from(text));
    fc.assert(
      fc.property(body, body, (one, other) => {
        expect(etagOf(one)).toMatch(/^"[\w-]+"$/);
        expect(etagOf(one) === etagOf(other)).toBe(one.equals(other));
        expect(etagOf(Buffer.from(one))).toBe(etagOf(one));
      }),
    );
  });
});

describe('the doorkeeper of the response cache', () => {
  it('admits what came before, and what is new as good as never', () => {
    const doorkeeper = createDoorkeeper();
    const keys = Array.from({ length: 2000 }, (_, at) => `answer POST ${'x'.repeat(at % 7)}${at}`);
    const admitted = keys.filter((key) => {
      const isKnown = doorkeeper.admits(key);
      expect(doorkeeper.admits(key)).toBe(true);
      return isKnown;
    });
    expect(admitted).toEqual([]);
    // Those that shared a slot with a later one are forgotten.
    expect(keys.filter((key) => doorkeeper.admits(key)).length).toBeGreaterThan(1700);
  });
});
