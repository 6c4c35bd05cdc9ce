import { expect, it } from '@jest/globals';
import { createWithdrawals } from '../../src/runs/shared/withdrawals.ts';
import { joinFleet } from '../support/fleet.ts';

const MOST = 10_000;

it('remembers the latest withdrawals that Valkey could not be told, and reads nothing of these viewers', async () => {
  const fleet = await joinFleet('redis://127.0.0.1:1');
  const withdrawals = createWithdrawals({ fleet, ttlMs: 1000, drop: () => undefined });
  for (let index = 0; index <= MOST; index += 1) {
    withdrawals.withdraw(`viewer-${index}`, { ids: [`viewer-${index}`], epochs: [`epoch-${index}`], hadRight: true });
  }
  expect(await withdrawals.areWritten('viewer-0')).toBe(true);
  expect(await withdrawals.areWritten('viewer-1')).toBe(false);
  expect(await withdrawals.areWritten(`viewer-${MOST}`)).toBe(false);
  withdrawals.close();
  fleet.close();
});
