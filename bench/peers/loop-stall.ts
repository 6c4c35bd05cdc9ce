/** Loaded in front of a contender (`--import`): tells the bench, when it asks, for how long its loop stood still at most. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
process.on('message', (message) => {
  if (message === 'reset') delays.reset();
  process.send?.({ maxStallMs: delays.max / 1e6 });
});
// The channel alone must not keep the process.
process.channel?.unref();
