/** nginx in front of several gateways, without a cache. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NGINX } from '../../harness/nginx.ts';
import { freePort, startProgram } from '../../harness/program.ts';

export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  if (NGINX === null) throw new Error('expected nginx on this machine; install nginx-light');
  const directory = await mkdtemp(join(tmpdir(), 'stepgate-balancer-'));
  const port = await freePort();
  const servers = urls.map((url) => `server ${new URL(url).host} max_fails=0;`).join(' ');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  const file = join(directory, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; master_process off; pid ${join(directory, 'pid')}; events {}
    http {
      access_log off; ${temporary.join(' ')}
      upstream gateways { ${servers} keepalive 16; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://gateways;
          proxy_http_version 1.1;
          proxy_set_header Connection '';
          proxy_next_upstream error timeout http_502 http_503;
        }
      }
    }`,
  );
  const program = await startProgram(NGINX, ['-e', 'stderr', '-p', directory, '-c', file], [port]);
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await program.close();
      await rm(directory, { recursive: true });
    },
  };
}
