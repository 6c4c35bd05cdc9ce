/** Viewers and operations without HTTP, and resources whose calls the test answers by hand. */
import type { After } from '../../src/runs/timer.ts';
import { setImmediate } from 'node:timers/promises';
import { createAnswerLifetime, createCallBudget, type Operation } from '../../src/runs/operation.ts';
import type { Resource } from '../../src/runs/resource-cache.ts';
import type { Cached } from '../../src/runs/cache-partitions.ts';
import { createViewerIds, createViewers } from '../../src/runs/viewer.ts';
import type { UpstreamAnswer, CallOptions } from '../../src/upstream/client.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';

/** Timers that ring as soon as they are set. */
export const atOnce: After = (_ms, task) => {
  task();
  return () => undefined;
};

export const viewerOf = createViewers(createViewerIds(Buffer.from('a secret for tests')));

export interface OperationOptions {
  readonly maxCalls?: number;
  readonly signal?: AbortSignal;
}

/** An operation of whoever bears the key. */
export const operationOf = (key: string, { maxCalls = 100, signal }: OperationOptions = {}): Operation => ({
  viewer: viewerOf(key),
  requestId: `request of ${key}`,
  signal: () => signal ?? new AbortController().signal,
  budget: createCallBudget(maxCalls),
  lifetime: createAnswerLifetime(),
});

/** Resolves when everything that can go on without the test has done so. */
export const settle = (): Promise<void> => setImmediate();

/** A call that waits for the test to answer it. */
export interface ManualCall<T> {
  readonly options: CallOptions;
  answer(value: T, sizeBytes?: number): void;
  fail(error: Error): void;
}

export interface ManualResource<T> extends Resource<T> {
  /** All calls so far, oldest first. */
  readonly calls: readonly ManualCall<T>[];
  /** The call under way; an error if it is not just one. */
  underWay(): ManualCall<T>;
}

export function createManualResource<T>(
  key: string,
  lifetimeMs: (cached: Cached<T>) => number,
  workflowId = 'wf',
): ManualResource<T> {
  const calls: ManualCall<T>[] = [];
  const open = new Set<ManualCall<T>>();

  return {
    key,
    endpoint: 'runs',
    workflowId,
    lifetimeMs,
    calls,
    fetch(options) {
      const { promise, resolve, reject } = Promise.withResolvers<UpstreamAnswer<T>>();
      const call: ManualCall<T> = {
        options,
        answer: (value, sizeBytes = 100) => {
          open.delete(call);
          resolve({ value, sizeBytes });
        },
        fail: (error) => {
          open.delete(call);
          reject(error);
        },
      };
      calls.push(call);
      open.add(call);
      // As the upstream client does it.
      options.signal.addEventListener('abort', () => {
        call.fail(new AbandonedError());
      });
      return promise;
    },
    underWay() {
      const [call, ...others] = open;
      if (call && others.length === 0) return call;
      throw new Error(`expected one call of ${key} under way, got ${open.size}`);
    },
  };
}
