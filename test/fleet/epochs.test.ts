import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readEpoch, renewEpoch, withdrawEpoch } from '../../src/runs/shared/epochs.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const NAME = 'epoch';
const TTL_MS = 60_000;

describe('an epoch', () => {
  it('is read as it is stored, and nothing else is one', () => {
    expect(readEpoch(Buffer.from('token 12 345'))).toEqual({ token: 'token', sinceMs: 12, lastSuccessMs: 345 });
    for (const stored of [
      '',
      'token',
      'token 1',
      'token 1 2 3',
      ' 1 2',
      'token 1 x',
      'a b 1 2',
      `${'t'.repeat(65)} 1 2`,
    ]) {
      expect(readEpoch(Buffer.from(stored))).toBeNull();
    }
    for (const stored of [`token ${'1'.repeat(17)} 2`, `token 1 ${'2'.repeat(17)}`, 'token -1 2', 'x token 1 2\n']) {
      expect(readEpoch(Buffer.from(stored))).toBeNull();
    }
    expect(readEpoch(Buffer.from(`${'t'.repeat(64)} ${'1'.repeat(16)} 0`))?.sinceMs).toBe(Number('1'.repeat(16)));
    expect(readEpoch(null)).toBeNull();
  });
});

describeWithValkey(`the epochs of a viewer${withoutValkey}`, () => {
  let valkey: TestValkey;

  beforeAll(async () => {
    valkey = await startValkey();
  });
  beforeEach(() => valkey.client.flushall());
  afterAll(() => valkey.close());

  const current = async () => readEpoch(await valkey.client.getBuffer(NAME));
  const renew = (sentMs: number) => renewEpoch(valkey.client, NAME, sentMs, TTL_MS);
  const withdraw = (hadRight: boolean) => withdrawEpoch(valkey.client, NAME, TTL_MS, hadRight);
  const timeOf = async () => Number((await valkey.client.time())[0]) * 1000;

  it('begin with a success, and know the latest', async () => {
    const token = await renew(5);
    expect(await current()).toEqual({ token, sinceMs: 0, lastSuccessMs: 5 });
    expect([await renew(9), await renew(7)]).toEqual([token, token]);
    expect(await current()).toEqual({ token, sinceMs: 0, lastSuccessMs: 9 });
    expect(await valkey.client.pttl(NAME)).toBeGreaterThan(TTL_MS / 2);
    expect(await valkey.client.pttl(NAME)).toBeLessThanOrEqual(TTL_MS);
    await valkey.client.flushall();
    expect(await renew(5)).not.toBe(token);
  });

  it('know no success from the future, as of a Valkey whose clock was ahead', async () => {
    const now = await timeOf();
    const token = await renew(now + 3_600_000);
    expect(await renew(now)).toBe(token);
    expect(await current()).toEqual({ token, sinceMs: 0, lastSuccessMs: now });
    await renew(now - 1);
    expect((await current())?.lastSuccessMs).toBe(now);
  });

  it('begin now where the right was withdrawn in the future, as at a Valkey whose clock was ahead', async () => {
    const now = await timeOf();
    await valkey.client.set(NAME, `token ${now + 3_600_000} 0`);
    expect(await renew(now)).toBeNull();
    const { sinceMs = 0 } = (await current()) ?? {};
    expect(sinceMs).toBeGreaterThan(now);
    // Whole seconds, and the millisecond behind the present one.
    expect(sinceMs).toBeLessThanOrEqual((await timeOf()) + 1000);
    expect(await current()).toEqual({ token: 'token', sinceMs, lastSuccessMs: 0 });
    expect(await renew(sinceMs - 1)).toBeNull();
    expect(await renew(sinceMs)).toBe('token');
    expect(await current()).toEqual({ token: 'token', sinceMs, lastSuccessMs: sinceMs });
  });

  it('are others after the right was withdrawn, which is told once and ends what was sent before', async () => {
    const token = await renew(5);
    const before = await timeOf();
    expect([await withdraw(false), await withdraw(false)]).toEqual([true, false]);
    const epoch = await current();
    expect(epoch?.token).not.toBe(token);
    expect(epoch?.sinceMs).toBeGreaterThan(before);
    expect(epoch?.lastSuccessMs).toBe(0);
    expect(await valkey.client.pttl(NAME)).toBeGreaterThan(TTL_MS / 2);
    expect(await renew((epoch?.sinceMs ?? 0) - 1)).toBeNull();
    expect(await current()).toEqual(epoch);
    expect(await renew(epoch?.sinceMs ?? 0)).toBe(epoch?.token);
    expect(await withdraw(false)).toBe(true);
  });

  it('are not stored for a viewer of whom nothing is known, unless this gateway knew of a right', async () => {
    expect([await withdraw(false), await current()]).toEqual([false, null]);
    expect(await withdraw(true)).toBe(true);
    expect(await current()).toMatchObject({ lastSuccessMs: 0 });
  });
});
