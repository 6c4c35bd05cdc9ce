/** What one GraphQL operation carries: who asks, when, and the loaders through which it reads. */
import { createRunLoaders, type RunLoaders } from '../runs/loaders.ts';
import { createCallBudget } from '../runs/operation.ts';
import type { RunStore } from '../runs/run-store.ts';
import type { Viewer } from '../runs/viewer.ts';
import { GatewayError } from '../upstream/errors.ts';

export interface ContextSource {
  readonly runStore: RunStore;
  readonly maxUpstreamCalls: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface ContextRequest {
  /** Null: no bearer key came. */
  readonly viewer: Viewer | null;
  readonly requestId: string;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
}

export type Context = ReturnType<typeof createContext>;

export function createContext({ runStore, maxUpstreamCalls, now }: ContextSource, request: ContextRequest) {
  const { viewer, requestId, signal } = request;
  const budget = createCallBudget(maxUpstreamCalls);
  const runs: RunLoaders = viewer
    ? createRunLoaders(runStore, { viewer, requestId, signal, budget }, now())
    : { load: () => Promise.reject(noCredential()) };
  return { requestId, runs };
}

const noCredential = (): GatewayError =>
  new GatewayError('UNAUTHENTICATED', 'this needs a key: send the header "Authorization: Bearer <your key>"');
