/** docker-compose.yml, parsed for its tests. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly profiles?: readonly string[];
  readonly stop_grace_period?: string;
  readonly mem_limit: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export interface Mount {
  /** A path in the project, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

export const readProjectFile = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The parsed YAML, with merged `<<` keys and the defaults of variables. */
export const parseCompose = (text: string): unknown =>
  parse(text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'), { merge: true });

export const COMPOSE = parseCompose(readProjectFile('docker-compose.yml')) as ComposeFile;

export function service(name: string): Service {
  const found = COMPOSE.services[name];
  if (!found) throw new Error(`expected a service ${name} in docker-compose.yml`);
  return found;
}

/** The services that are gateways: they differ only in their names. */
export const GATEWAYS = ['gateway-1', 'gateway-2'] as const;

export const mountsOf = ({ volumes = [] }: Service): Mount[] =>
  volumes.map((text) => {
    const [source = '', target = '', mode] = text.split(':');
    return { source: source.replace(/^\.\//, ''), target, isReadOnly: mode === 'ro' };
  });
