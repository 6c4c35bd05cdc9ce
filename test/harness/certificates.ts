/** A certificate authority for one test, and certificates that it signs, made by openssl. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tls } from './upstream.ts';

export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

export interface Certificate extends Tls {
  readonly certificatePath: string;
  readonly keyPath: string;
  /** Certificate and key in one file. */
  readonly bothPath: string;
}

export interface Authority {
  /** Its certificate, and the path of it, for NODE_EXTRA_CA_CERTS. */
  readonly pem: string;
  readonly file: string;
  /** Signs a certificate for a name, such as `IP:127.0.0.1` or `DNS:other.example`. */
  issue(name: string): Certificate;
  close(): Promise<void>;
}

export function startAuthority(): Promise<Authority> {
  const directory = mkdtempSync(join(tmpdir(), 'stepgate-ca-'));
  const pathOf = (file: string) => join(directory, file);
  const read = (file: string) => readFileSync(pathOf(file), 'utf8');
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
  return Promise.resolve({
    pem: read('ca.pem'),
    file: pathOf('ca.pem'),
    issue(name) {
      writeFileSync(pathOf('names'), `subjectAltName=${name}`);
      openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=test');
      const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
      openssl('x509', '-req', '-in', 'request.pem', ...signer, '-days', '2', '-out', 'cert.pem');
      const [key, cert] = [read('key.pem'), read('cert.pem')];
      writeFileSync(pathOf('both.pem'), cert + key);
      const [certificatePath, keyPath, bothPath] = [pathOf('cert.pem'), pathOf('key.pem'), pathOf('both.pem')];
      return { key, cert, certificatePath, keyPath, bothPath };
    },
    close: () => rm(directory, { recursive: true }),
  });
}
