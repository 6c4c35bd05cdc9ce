/** A real HTTP proxy program in front of an upstream. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Null where the machine has none. */
export const TINYPROXY: string | null =
  ['tinyproxy', '/usr/bin/tinyproxy'].find((command) => spawnSync(command, ['-v']).status === 0) ?? null;

export interface Proxy {
  /** `127.0.0.1:8888` */
  readonly address: string;
  /** The requests that it has logged: `GET http://…` and `CONNECT host:port`. */
  requests(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** `credentials`: user and password that it asks for. */
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
  const child = spawn(TINYPROXY, ['-d', '-c', file], { stdio: 'ignore' });
  const exited = once(child, 'close');
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`tinyproxy did not start: ${await readFile(log, 'utf8')}`);
  }
  return {
    address: `127.0.0.1:${port}`,
    requests: async () =>
      [...(await readFile(log, 'utf8')).matchAll(/Request \(file descriptor \d+\): (\S+ \S+)/g)].map(
        ([, request = '']) => request,
      ),
    async close() {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
