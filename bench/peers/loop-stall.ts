/** Loaded before a contender (`--import`): reports the longest stall of its event loop on request. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
process.on('message', (message) => {
  if (message === 'reset') delays.reset();
  process.send?.({ maxStallMs: delays.max / 1e6 });
});
// An open channel must not keep the process alive.
process.channel?.unref();
