/** A real HTTP proxy program in front of an upstream. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, startProgram } from './program.ts';

/** Null if it is not installed. */
export const TINYPROXY = findProgram('-v', 'tinyproxy', '/usr/bin/tinyproxy');

export interface Proxy {
  /** Such as `127.0.0.1:8888`. */
  readonly address: string;
  /** The requests in its log: `GET http://…` and `CONNECT host:port`. */
  requests(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** `credentials`: the user and password that it requires. */
export async function startTinyproxy(credentials?: string): Promise<Proxy> {
  if (TINYPROXY === null) throw new Error('expected tinyproxy on this machine; install tinyproxy-bin');
  const directory = await mkdtemp(join(tmpdir(), 'stepgate-proxy-'));
  const port = await freePort();
  const log = join(directory, 'log');
  const settings = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Allow 127.0.0.1',
    'Timeout 60',
    `LogFile "${log}"`,
    'LogLevel Info',
    ...(credentials === undefined ? [] : [`BasicAuth ${credentials}`]),
  ];
  const file = join(directory, 'tinyproxy.conf');
  await writeFile(file, settings.join('\n'));
  const program = await startProgram(TINYPROXY, ['-d', '-c', file], [port]);
  return {
    address: `127.0.0.1:${port}`,
    requests: async () =>
      [...(await readFile(log, 'utf8')).matchAll(/Request \(file descriptor \d+\): (\S+ \S+)/g)].map(
        ([, request = '']) => request,
      ),
    async close() {
      await program.close();
      await rm(directory, { recursive: true });
    },
  };
}
