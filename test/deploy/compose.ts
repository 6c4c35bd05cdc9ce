/** docker-compose.yml, as it is written and as docker compose reads it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Environment } from '../harness/gateway.ts';
import { findProgram } from '../harness/program.ts';

export interface Service {
  readonly command?: readonly string[];
  readonly environment?: Environment;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly mem_limit: string;
}

type ByService<T> = Readonly<Record<string, T>>;

export interface Mount {
  /** A path in the project, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const readProjectFile = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const { services: SERVICES } = parse(readProjectFile('docker-compose.yml'), { merge: true }) as {
  readonly services: ByService<Service>;
};

/** As it is written: variables are not filled in. */
export function service(name: string): Service {
  const found = SERVICES[name];
  if (!found) throw new Error(`expected a service ${name} in docker-compose.yml`);
  return found;
}

/** The plug-in of docker compose, which needs no Docker. Null if it is not installed. */
export const DOCKER_COMPOSE = findProgram(
  'version',
  'docker-compose',
  '/usr/libexec/docker/cli-plugins/docker-compose',
);

/** Environments of the services that docker compose starts with these variables in `.env`. Throws with its complaint. */
export function environmentsOf(profiles: string, variables: Environment = {}): ByService<Environment> {
  if (DOCKER_COMPOSE === null) throw new Error('expected docker-compose on this machine; install it');
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-compose-'));
  try {
    copyFileSync(join(ROOT, '.env.example'), join(folder, '.env.example'));
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, '.env'), lines.join(''));
    const words = [
      '--file',
      join(ROOT, 'docker-compose.yml'),
      '--project-directory',
      folder,
      'config',
      '--format=json',
    ];
    const env = { PATH: process.env.PATH, HOME: folder, COMPOSE_PROFILES: profiles };
    const { services } = JSON.parse(execFileSync(DOCKER_COMPOSE, words, { env, encoding: 'utf8' })) as {
      readonly services: ByService<{ readonly environment?: Environment }>;
    };
    return Object.fromEntries(Object.entries(services).map(([name, { environment = {} }]) => [name, environment]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The services that are gateways of the fleet: the same but for their names. */
export const GATEWAYS = ['gateway-1', 'gateway-2'] as const;

export const mountsOf = ({ volumes = [] }: Service): Mount[] =>
  volumes.map((text) => {
    const [source = '', target = '', mode] = text.split(':');
    return { source: source.replace(/^\.\//, ''), target, isReadOnly: mode === 'ro' };
  });
