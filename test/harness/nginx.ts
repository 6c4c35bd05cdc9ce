/** A real nginx in front of a gateway, with the configuration of deploy/nginx. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificates.ts';
import { findProgram, freePort, readConfiguration, startProgram } from './program.ts';

/** Path, or null if it is not installed. */
export const NGINX: string | null = findProgram('-v', 'nginx', '/usr/sbin/nginx');

export interface Nginx {
  readonly url: string;
  /** Tls url, or null without a certificate. */
  readonly tlsUrl: string | null;
  close(): Promise<void>;
}

export interface NginxOptions {
  /** The files in `conf.d`: the site, and the addresses of the gateways. */
  readonly site?: string;
  readonly upstream?: string;
  /** The gateways' addresses in the file, in the order of their URLs. */
  readonly gateways?: readonly string[];
  readonly certificate?: Certificate;
}

export async function startNginx(gatewayUrls: string | readonly string[], options: NginxOptions = {}): Promise<Nginx> {
  if (NGINX === null) throw new Error('expected nginx on this machine; install nginx-light');
  const {
    site = 'deploy/nginx/stepgate.conf',
    upstream = 'deploy/nginx/stepgate-upstream.conf',
    gateways = ['127.0.0.1:4000'],
    certificate,
  } = options;
  const directory = await mkdtemp(join(tmpdir(), 'stepgate-nginx-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const urls = typeof gatewayUrls === 'string' ? [gatewayUrls] : gatewayUrls;
  const servers = urls.map(
    (url, index) => [`server ${gateways[index] ?? ''} `, `server ${new URL(url).host} `] as const,
  );
  const texts = [
    readConfiguration(upstream, servers),
    readConfiguration(site, [
      ['listen 8080;', `listen 127.0.0.1:${port};`],
      ['/var/cache/nginx/stepgate', join(directory, 'cache')],
      // On a busy machine, requests may come seconds apart.
      ['proxy_cache_valid 200 1s;', 'proxy_cache_valid 200 1h;'],
    ]),
  ];
  if (certificate) {
    const tls = readConfiguration('deploy/nginx/stepgate-tls.conf', [
      ['listen 8443 ssl;', `listen 127.0.0.1:${tlsPort} ssl;`],
      ['/etc/nginx/tls/stepgate.crt', certificate.certificatePath],
      ['/etc/nginx/tls/stepgate.key', certificate.keyPath],
    ]);
    await writeFile(join(directory, 'stepgate-tls.conf'), tls);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  const file = join(directory, 'nginx.conf');
  const main = `daemon off; master_process off; pid ${join(directory, 'pid')}; events {}`;
  await writeFile(file, `${main}\nhttp {\naccess_log off;\n${[...temporary, ...texts].join('\n')}\n}\n`);

  const ports = certificate ? [port, tlsPort] : [port];
  const program = await startProgram(NGINX, ['-e', 'stderr', '-p', directory, '-c', file], ports);
  return {
    url: `http://127.0.0.1:${port}`,
    tlsUrl: certificate ? `https://127.0.0.1:${tlsPort}` : null,
    async close() {
      await program.close();
      await rm(directory, { recursive: true });
    },
  };
}
