/** The proxies whose configuration is in deploy/, each as the real program in front of a gateway, with TLS. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../harness/certificates.ts';
import { NGINX, startNginx } from '../harness/nginx.ts';
import { findProgram, freePort, type Program, readConfiguration, startProgram } from '../harness/program.ts';

export interface Proxy {
  /** `https://127.0.0.1:…`. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ProxyProgram {
  readonly name: string;
  /** The Debian package. */
  readonly package: string;
  /** Command, or null if it is not installed. */
  readonly command: string | null;
  start(gatewayUrl: string, certificate: Certificate): Promise<Proxy>;
}

const HAPROXY = findProgram('-v', 'haproxy', '/usr/sbin/haproxy');
const CADDY = findProgram('version', 'caddy');

export const PROXIES: readonly ProxyProgram[] = [
  {
    name: 'nginx',
    package: 'nginx-light',
    command: NGINX,
    async start(gatewayUrl, certificate) {
      const nginx = await startNginx(gatewayUrl, { certificate });
      return { url: nginx.tlsUrl ?? '', close: () => nginx.close() };
    },
  },
  {
    name: 'HAProxy',
    package: 'haproxy',
    command: HAPROXY,
    start: (gatewayUrl, certificate) =>
      run(async (directory, port) => {
        const file = join(directory, 'haproxy.cfg');
        const text = readConfiguration('deploy/haproxy/haproxy.cfg', [
          ['bind :8080', `bind 127.0.0.1:${await freePort()}`],
          ['bind :8443', `bind 127.0.0.1:${port}`],
          ['/etc/haproxy/stepgate.pem', certificate.bothPath],
          ['127.0.0.1:4000', new URL(gatewayUrl).host],
        ]);
        await writeFile(file, text);
        return startProgram(HAPROXY ?? '', ['-db', '-f', file], [port]);
      }),
  },
  {
    name: 'Caddy',
    package: 'caddy',
    command: CADDY,
    start: (gatewayUrl, { certificatePath, keyPath }) =>
      run(async (directory, port) => {
        const file = join(directory, 'Caddyfile');
        const text = readConfiguration('deploy/caddy/Caddyfile', [
          // Caddy's own certificate would need a domain name and the ports 80 and 443.
          ['admin off', 'admin off\nauto_https disable_redirects'],
          ['stepgate.example.com {', `https://127.0.0.1:${port} {\nbind 127.0.0.1\ntls ${certificatePath} ${keyPath}`],
          ['127.0.0.1:4000', new URL(gatewayUrl).host],
        ]);
        await writeFile(file, text);
        const words = ['run', '--config', file, '--adapter', 'caddyfile'];
        return startProgram(CADDY ?? '', words, [port], { HOME: directory });
      }),
  },
];

async function run(start: (directory: string, port: number) => Promise<Program>): Promise<Proxy> {
  const directory = await mkdtemp(join(tmpdir(), 'stepgate-proxy-'));
  const port = await freePort();
  const program = await start(directory, port);
  return {
    url: `https://127.0.0.1:${port}`,
    async close() {
      await program.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
