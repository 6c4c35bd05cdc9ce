/** Leases and announcements of a fleet on a manual clock, with a Valkey that goes away when it is told to. */
import type { Announcements } from '../../../src/fleet/announcements.ts';
import type { Lease, Leases } from '../../../src/fleet/leases.ts';
import type { ManualClock } from '../../harness/clock.ts';

export interface SimulatedValkey {
  isUp: boolean;
  /** What one gateway sees of it. Nothing is heard after `isGone`. */
  connect(isGone: () => boolean): { readonly leases: Leases; readonly announcements: Announcements };
  /** The holder of a lease that is not over. */
  readonly holders: number;
}

export function createSimulatedValkey(clock: Pick<ManualClock, 'now'>): SimulatedValkey {
  const held = new Map<string, { readonly holder: symbol; untilMs: number }>();
  const listeners = new Set<(purpose: string, payload: string) => void>();

  function holderOf(name: string): symbol | null {
    const lease = held.get(name);
    return lease && clock.now() < lease.untilMs ? lease.holder : null;
  }

  const valkey: SimulatedValkey = {
    isUp: true,
    get holders() {
      return [...held.keys()].filter((name) => holderOf(name) !== null).length;
    },
    connect(isGone) {
      const isAway = () => !valkey.isUp || isGone();
      return {
        leases: {
          acquire(_purpose, name, ms) {
            if (isAway()) return Promise.resolve(undefined);
            if (holderOf(name) !== null) return Promise.resolve(null);
            const holder = Symbol(name);
            held.set(name, { holder, untilMs: clock.now() + ms });
            return Promise.resolve(leaseOf(name, holder));
          },
        },
        announcements: {
          announce(purpose, payload) {
            if (isAway()) return Promise.resolve(false);
            for (const listener of listeners) listener(purpose, payload);
            return Promise.resolve(true);
          },
          listen(purpose, listener) {
            const hear = (on: string, payload: string) => {
              if (on === purpose && !isGone()) listener(payload);
            };
            listeners.add(hear);
            return () => void listeners.delete(hear);
          },
          close: () => undefined,
        },
      };

      function leaseOf(name: string, holder: symbol): Lease {
        return {
          name,
          extend(ms) {
            if (isAway()) return Promise.resolve(undefined);
            if (holderOf(name) !== holder) return Promise.resolve(false);
            held.set(name, { holder, untilMs: clock.now() + ms });
            return Promise.resolve(true);
          },
          release() {
            if (!isAway() && holderOf(name) === holder) held.delete(name);
            return Promise.resolve();
          },
        };
      }
    },
  };
  return valkey;
}
