/** Viewers without HTTP, and timers that ring as soon as they are set. */
import type { After } from '../../src/runs/timer.ts';
import { createViewerIds, createViewers } from '../../src/runs/viewer.ts';

export const atOnce: After = (_ms, task) => {
  task();
  return () => undefined;
};

export const viewerOf = createViewers(createViewerIds(Buffer.from('a secret for tests')));
