/** What the store must know of the GraphQL operation on whose behalf it is asked. */
import { GatewayError } from '../upstream/errors.ts';
import type { Viewer } from './viewer.ts';

export interface Operation {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
  readonly budget: CallBudget;
}

export interface CallBudget {
  /** Counts one upstream call; throws UPSTREAM_BUDGET_EXCEEDED when there were `maxCalls` already. */
  take(): void;
}

export function createCallBudget(maxCalls: number): CallBudget {
  let taken = 0;
  return {
    take() {
      if (taken >= maxCalls) {
        throw new GatewayError(
          'UPSTREAM_BUDGET_EXCEEDED',
          `one operation may cause ${maxCalls} upstream calls, and this one needs more; ask for fewer runs at once`,
        );
      }
      taken += 1;
    },
  };
}
