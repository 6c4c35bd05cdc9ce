/** An nginx in front of a contender, with the files of deploy/nginx, on the second core. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, type StartedContender } from './contenders.ts';
import { freePort, untilListening } from './ports.ts';
import { start } from './processes.ts';

const COMMANDS = ['nginx', '/usr/sbin/nginx'];

export const NGINX: string | null = COMMANDS.find((name) => !spawnSync(name, ['-v']).error) ?? null;

export interface ProxiedContender extends StartedContender {
  /** Stops only the proxy. */
  stopProxy(): Promise<void>;
}

export async function behindNginx(nginx: string, contender: StartedContender): Promise<ProxiedContender> {
  const directory = mkdtempSync(join(tmpdir(), 'stepgate-bench-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  const texts = [
    configuration('stepgate-upstream.conf', 'server 127.0.0.1:4000 ', `server ${new URL(contender.url).host} `),
    configuration('stepgate.conf', 'listen 8080;', `listen 127.0.0.1:${port};`).replace(
      '/var/cache/nginx/stepgate',
      join(directory, 'cache'),
    ),
  ];
  const main = `daemon off; master_process off; pid ${join(directory, 'pid')}; events {}`;
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, `${main}\nhttp {\naccess_log off;\n${[...temporary, ...texts].join('\n')}\n}\n`);
  const running = start([nginx, '-e', 'stderr', '-p', directory, '-c', file], { core: 1 });
  await untilListening(port, running);
  return {
    ...contender,
    url: `http://127.0.0.1:${port}/graphql`,
    async stopProxy() {
      await running.stop();
      if (existsSync(directory)) rmSync(directory, { recursive: true });
    },
  };
}

function configuration(name: string, documented: string, here: string): string {
  const text = readFileSync(`${ROOT}deploy/nginx/${name}`, 'utf8');
  if (!text.includes(documented)) throw new Error(`deploy/nginx/${name} must contain "${documented}"`);
  return text.replace(documented, here);
}
