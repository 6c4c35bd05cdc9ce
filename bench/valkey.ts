/** A Valkey for a workload, on the second core. */
import { spawnSync } from 'node:child_process';
import { freePort, untilListening } from './ports.ts';
import { start } from './processes.ts';

export interface BenchValkey {
  readonly url: string;
  stop(): Promise<void>;
}

const COMMANDS = ['valkey-server', 'redis-server'];

/** Returns null if Valkey is not installed. */
export async function startValkey(): Promise<BenchValkey | null> {
  const command = COMMANDS.find((name) => !spawnSync(name, ['--version']).error);
  if (command === undefined) return null;
  const port = await freePort();
  const running = start([command, '--port', String(port), '--bind', '127.0.0.1', '--save', ''], { core: 1 });
  await untilListening(port, running);
  return { url: `redis://127.0.0.1:${port}`, stop: () => running.stop() };
}
