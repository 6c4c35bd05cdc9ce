/** The states of a run, for pollers of a test that must not look while readings are being compared. */
import { runStates } from '../../src/runs/live/snapshot.ts';
import { settle } from './operations.ts';

export function createComparedStates() {
  let comparing = 0;
  const states: typeof runStates = {
    ...runStates,
    async follow(latest, reading) {
      comparing += 1;
      return Promise.resolve(runStates.follow(latest, reading)).finally(() => (comparing -= 1));
    },
  };
  return {
    states,
    /** Like `settle`, and until nothing is being compared: on a slow machine that takes several turns of the event loop. */
    compared: async (): Promise<void> => {
      do await settle();
      while (comparing > 0);
    },
  };
}
