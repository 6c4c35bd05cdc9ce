/** A real Valkey for one test, on a free port, with its files in a temporary directory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findProgram, freePort } from './program.ts';

/** Null if it is not installed. */
export const VALKEY = findProgram('--version', 'valkey-server', 'redis-server');

export interface TestValkey {
  readonly url: string;
  readonly port: number;
  /** Reads and writes Valkey's data in tests. */
  readonly client: Redis;
  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port: empty, unless a `kill` was not awaited. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startValkey(words: readonly string[] = []): Promise<TestValkey> {
  if (VALKEY === null) throw new Error('expected valkey-server on this machine; install it');
  const command = VALKEY;
  const directory = mkdtempSync(join(tmpdir(), 'stepgate-valkey-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...words];
    const started = spawn(command, settings, { stdio: ['ignore', 'pipe', 'ignore'] });
    child = started;
    let printed = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (printed.includes('Ready to accept connections')) resolve();
      });
      started.once('exit', () => {
        reject(new Error(`${command} did not start: ${printed}`));
      });
    });
  }

  async function kill(): Promise<void> {
    const running = child;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }

  await start();
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 });
  client.on('error', () => undefined);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    kill,
    start,
    async close() {
      client.disconnect();
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
