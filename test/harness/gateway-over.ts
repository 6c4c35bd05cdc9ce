/** A gateway with a manual clock over a scripted upstream, started for each test or once for a block. */
import { createManualClock } from './clock.ts';
import { startUpstream, type Script } from './upstream.ts';
import { startGateway } from './gateway.ts';
import { perBlock, perTest } from './lasting.ts';

type Environment = Readonly<Record<string, string>>;

function start(lasting: typeof perTest, script?: Script, environment: Environment = {}) {
  const { now, after } = createManualClock();
  const upstream = lasting(() => startUpstream(script));
  const startWith = (more: Environment = {}) =>
    startGateway({ UPSTREAM_URL: upstream.url, ...environment, ...more }, { now, after });
  const gateway = lasting(() => startWith());
  /** Closes the gateway, and starts another one with further variables. */
  const restart = (more: Environment = {}) => gateway.replace(() => startWith(more));
  return { upstream, gateway, restart };
}

export const gatewayPerTest = (script: Script, environment?: Environment) => start(perTest, script, environment);
export const gatewayPerBlock = (script: Script, environment?: Environment) => start(perBlock, script, environment);
