/** Limit of runs and workflows that a viewer watches at once. */
import { GatewayError } from '../../upstream/errors.ts';
import type { Viewer } from '../viewer.ts';

/** Counts one subscription and returns the function that ends it. Throws RATE_LIMITED beyond the maximum. */
export type CountSubscription = (viewer: Viewer) => () => void;

export function createSubscriptionLimit(maximum: number): CountSubscription {
  /** Number of subscriptions by viewer id. */
  const subscriptions = new Map<string, number>();

  return ({ id }) => {
    const count = subscriptions.get(id) ?? 0;
    if (count >= maximum) {
      const message = `Limit of ${maximum} watched runs and workflows per key reached. End another subscription first.`;
      throw new GatewayError('RATE_LIMITED', message);
    }
    subscriptions.set(id, count + 1);
    return () => {
      const left = (subscriptions.get(id) ?? 1) - 1;
      if (left > 0) subscriptions.set(id, left);
      else subscriptions.delete(id);
    };
  };
}
