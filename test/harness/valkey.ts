/** A real Valkey for one test, on a free port, with its files in a temporary directory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findProgram, freePort } from './program.ts';

/** Path, or null if it is not installed. */
export const VALKEY = findProgram('--version', 'valkey-server', 'redis-server');

export class Valkey {
  readonly #words: readonly string[];
  #directory = '';
  #port = 0;
  #child: ChildProcess | null = null;
  #client: Redis | null = null;

  constructor(words: readonly string[] = []) {
    this.#words = words;
  }

  async open(): Promise<this> {
    this.#directory = mkdtempSync(join(tmpdir(), 'stepgate-valkey-'));
    this.#port = await freePort();
    await this.start();
    this.#client = new Redis(this.#port, '127.0.0.1', { retryStrategy: () => 50 });
    this.#client.on('error', () => undefined);
    return this;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Reads and writes Valkey's data in tests. */
  get client(): Redis {
    if (!this.#client) throw new Error('Valkey is not open yet: use it in a test or a hook');
    return this.#client;
  }

  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const running = this.#child;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }

  /** Starts it again on the same port: empty, unless a `kill` was not awaited. */
  async start(): Promise<void> {
    if (VALKEY === null) throw new Error('expected valkey-server on this machine; install it');
    const settings = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', ''];
    const started = spawn(VALKEY, [...settings, ...this.#words], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = started;
    let printed = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (printed.includes('Ready to accept connections')) resolve();
      });
      started.once('exit', () => {
        reject(new Error(`Valkey did not start: ${printed}`));
      });
    });
  }

  async close(): Promise<void> {
    this.#client?.disconnect();
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
