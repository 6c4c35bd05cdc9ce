/** A self-signed certificate for 127.0.0.1. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly pem: string;
  readonly certificatePath: string;
  readonly keyPath: string;
  /** Certificate and key in one file. */
  readonly bothPath: string;
  remove(): void;
}

export function makeCertificate(): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'stepgate-tls-'));
  const [certificatePath, keyPath, bothPath] = ['crt', 'key', 'pem'].map((end) =>
    join(directory, `stepgate.${end}`),
  ) as [string, string, string];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const { status, stderr } = spawnSync(
    'openssl',
    ['req', '-x509', ...curve, ...name, '-keyout', keyPath, '-out', certificatePath],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
  const pem = readFileSync(certificatePath, 'utf8');
  writeFileSync(bothPath, pem + readFileSync(keyPath, 'utf8'));
  return {
    pem,
    certificatePath,
    keyPath,
    bothPath,
    remove() {
      rmSync(directory, { recursive: true });
    },
  };
}
