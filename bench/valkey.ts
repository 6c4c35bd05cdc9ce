/** A Valkey for a workload, on the second core. */
import { spawnSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { sleep, start } from './processes.ts';

export interface BenchValkey {
  readonly url: string;
  stop(): Promise<void>;
}

const COMMANDS = ['valkey-server', 'redis-server'];
const WITHIN_MS = 10_000;

/** Null where the machine has none. */
export async function startValkey(): Promise<BenchValkey | null> {
  const command = COMMANDS.find((name) => !spawnSync(name, ['--version']).error);
  if (command === undefined) return null;
  const port = await freePort();
  const running = start([command, '--port', String(port), '--bind', '127.0.0.1', '--save', ''], { core: 1 });
  const deadline = performance.now() + WITHIN_MS;
  while (!running.output().includes('Ready to accept connections')) {
    if (performance.now() > deadline) throw new Error(`${command} did not start:\n${running.output()}`);
    await sleep(5);
  }
  return { url: `redis://127.0.0.1:${port}`, stop: () => running.stop() };
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
