/** A real nginx in front of a gateway, by the configuration that the documentation shows. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Null where the machine has none. */
export const NGINX: string | null =
  ['nginx', '/usr/sbin/nginx'].find((command) => spawnSync(command, ['-v']).status === 0) ?? null;

export interface Nginx {
  readonly url: string;
  close(): Promise<void>;
}

const ROOT = new URL('../../', import.meta.url);

/** What goes into `conf.d`, by its path in the project, and where it says that the gateway is. */
export interface NginxFiles {
  readonly files: readonly string[];
  readonly gateway: string;
}

const DOCUMENTED: NginxFiles = {
  files: ['docs/nginx/stepgate-upstream.conf', 'docs/nginx/stepgate.conf'],
  gateway: '127.0.0.1:4000',
};

export async function startNginx(gatewayUrl: string, { files, gateway }: NginxFiles = DOCUMENTED): Promise<Nginx> {
  if (NGINX === null) throw new Error('expected nginx on this machine; install nginx-light');
  const directory = await mkdtemp(join(tmpdir(), 'stepgate-nginx-'));
  const port = await freePort();
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, ROOT), 'utf8')));
  const site = replaceAll(texts.join('\n'), [
    [`server ${gateway};`, `server ${new URL(gatewayUrl).host};`],
    ['listen 8080;', `listen 127.0.0.1:${port};`],
    ['/var/cache/nginx/stepgate', join(directory, 'cache')],
    // The test's requests come when the machine gets to them.
    ['proxy_cache_valid 200 1s;', 'proxy_cache_valid 200 1h;'],
  ]);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  const file = join(directory, 'nginx.conf');
  const main = `daemon off; master_process off; pid ${join(directory, 'pid')}; events {}`;
  await writeFile(file, `${main}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${site}\n}\n`);

  const child = spawn(NGINX, ['-e', 'stderr', '-p', directory, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const exited = once(child, 'close');
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${printed}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

function replaceAll(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`expected "${from}" in the documented configuration`);
    return result.replace(from, to);
  }, text);
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
