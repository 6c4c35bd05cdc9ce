import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startProofFleet, type ProofFleet } from '../support/fleet-proofs/proof-fleet.ts';
import {
  faultsOf,
  proveFault,
  proveOneCall,
  proveSeparation,
  proveWithdrawal,
  readableIn,
} from '../support/fleet-proofs/proofs.ts';
import { NGINX } from '../harness/nginx.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';

// Five processes start here, and three of them restart.
jest.setTimeout(180_000);

/** Test machines are busy, so these tests check calls and answers. `npm run soak` measures time. */
const PATIENT = { REDIS_TIMEOUT_MS: '5000' };

describeWithValkey(`a fleet of processes${withoutValkey}`, () => {
  describe('of three gateways', () => {
    let fleet: ProofFleet;
    beforeAll(async () => {
      fleet = await startProofFleet(3, PATIENT);
    });
    afterAll(() => fleet.close());

    const itWithNginx = NGINX === null && process.env.CI === undefined ? it.skip : it;
    itWithNginx('makes one call for each finished run, even while its gateways restart behind nginx', async () => {
      const { steps, stepsAfterRestarts, failures, answers } = await proveOneCall(fleet, 100, 200, 1, 2);
      expect(failures).toEqual([]);
      expect(steps).toBe(100);
      expect(stepsAfterRestarts).toBe(0);
      expect(answers).toBeGreaterThan(200);
    });

    it("shows no viewer another viewer's data, shows no data to a reader of Valkey, and refuses a withdrawn key at all gateways", async () => {
      expect(await proveSeparation(fleet, 500)).toEqual([]);
      expect(await fleet.valkey.client.dbsize()).toBeGreaterThan(50);
      const words = ['key-one', 'key-two', 'shared-', 'live-', 'output', 'completed', 'org-1', 'model_1', 'Refund'];
      expect(await readableIn(fleet, words)).toEqual([]);
      await proveWithdrawal(fleet, 'key-one');
    });
  });

  it('answers correctly while Valkey is paused, killed, full, evicting or slow, and shares again', async () => {
    // Shorter than the delay of the slow link.
    const fleet = await startProofFleet(2, { REDIS_TIMEOUT_MS: '150' });
    try {
      for (const fault of faultsOf(fleet)) {
        const { failures, answers } = await proveFault(fleet, fault, 300);
        expect({ fault: fault.name, failures }).toEqual({ fault: fault.name, failures: [] });
        expect(answers).toBeGreaterThanOrEqual(20);
      }
    } finally {
      await fleet.close();
    }
  });
});
