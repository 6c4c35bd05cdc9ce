/** A certificate authority for one test, and certificates that it signs, made by openssl. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tls } from './faulty-upstream.ts';

export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

export interface Authority {
  /** The path of its certificate, for NODE_EXTRA_CA_CERTS. */
  readonly file: string;
  /** Signs a certificate for a name, such as `IP:127.0.0.1` or `DNS:other.example`. */
  issue(name: string): Tls;
  remove(): void;
}

export function createAuthority(): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'stepgate-ca-'));
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
  return {
    file: join(directory, 'ca.pem'),
    issue(name) {
      writeFileSync(join(directory, 'names'), `subjectAltName=${name}`);
      openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=upstream');
      const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
      openssl('x509', '-req', '-in', 'request.pem', ...signer, '-days', '2', '-out', 'cert.pem');
      const read = (file: string) => readFileSync(join(directory, file), 'utf8');
      return { key: read('key.pem'), cert: read('cert.pem') };
    },
    remove() {
      rmSync(directory, { recursive: true });
    },
  };
}
