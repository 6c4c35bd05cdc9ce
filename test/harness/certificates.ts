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

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export class Authority {
  #directory = '';

  open(): Promise<this> {
    this.#directory = mkdtempSync(join(tmpdir(), 'stepgate-ca-'));
    const days = ['-days', '2', '-subj', '/CN=Test CA'];
    this.#openssl('req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.pem', ...days);
    return Promise.resolve(this);
  }

  /** The path of its certificate, for NODE_EXTRA_CA_CERTS. */
  get file(): string {
    return join(this.#directory, 'ca.pem');
  }

  /** Its certificate. */
  get pem(): string {
    return readFileSync(this.file, 'utf8');
  }

  /** Signs a certificate for a name, such as `IP:127.0.0.1` or `DNS:other.example`. */
  issue(name: string): Certificate {
    const pathOf = (file: string) => join(this.#directory, file);
    writeFileSync(pathOf('names'), `subjectAltName=${name}`);
    this.#openssl('req', ...NEW_KEY, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=test');
    const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
    this.#openssl('x509', '-req', '-in', 'request.pem', ...signer, '-days', '2', '-out', 'cert.pem');
    const [certificatePath, keyPath, bothPath] = [pathOf('cert.pem'), pathOf('key.pem'), pathOf('both.pem')];
    const [key, cert] = [readFileSync(keyPath, 'utf8'), readFileSync(certificatePath, 'utf8')];
    writeFileSync(bothPath, cert + key);
    return { key, cert, certificatePath, keyPath, bothPath };
  }

  close(): Promise<void> {
    return rm(this.#directory, { recursive: true });
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#directory, stdio: 'pipe' });
  }
}
