/** A real HTTP proxy program in front of an upstream. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, type Program, startProgram } from '../harness/program.ts';

/** Path, or null if it is not installed. */
export const TINYPROXY = findProgram('-v', 'tinyproxy', '/usr/bin/tinyproxy');

export class Tinyproxy {
  readonly #credentials: string | null;
  #directory = '';
  #port = 0;
  #program: Program | null = null;

  /** `credentials`: the user and password that it requires. */
  constructor(credentials: string | null = null) {
    this.#credentials = credentials;
  }

  async open(): Promise<this> {
    if (TINYPROXY === null) throw new Error('expected tinyproxy on this machine; install tinyproxy-bin');
    this.#directory = await mkdtemp(join(tmpdir(), 'stepgate-proxy-'));
    this.#port = await freePort();
    const settings = [
      `Port ${this.#port}`,
      'Listen 127.0.0.1',
      'Allow 127.0.0.1',
      'Timeout 60',
      `LogFile "${this.#log}"`,
      'LogLevel Info',
      ...(this.#credentials === null ? [] : [`BasicAuth ${this.#credentials}`]),
    ];
    const file = join(this.#directory, 'tinyproxy.conf');
    await writeFile(file, settings.join('\n'));
    this.#program = await startProgram(TINYPROXY, ['-d', '-c', file], [this.#port]);
    return this;
  }

  /** Such as `127.0.0.1:8888`. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The requests in its log: `GET http://…` and `CONNECT host:port`. */
  async requests(): Promise<readonly string[]> {
    const log = await readFile(this.#log, 'utf8');
    return [...log.matchAll(/Request \(file descriptor \d+\): (\S+ \S+)/g)].map(([, request = '']) => request);
  }

  async close(): Promise<void> {
    await this.#program?.close();
    await rm(this.#directory, { recursive: true });
  }

  get #log(): string {
    return join(this.#directory, 'log');
  }
}
