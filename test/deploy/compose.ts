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
  readonly logging: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
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

/** `${NAME:-default}`, `${NAME-default}` and `${NAME:+text}` without another in them. */
const VARIABLE = /\$\{(\w+)(:?[-+])([^{}$]*)\}/g;

/** As docker compose fills them in, the inner ones first. */
function interpolated(text: string, variables: Readonly<Record<string, string>>): string {
  const filled = text.replaceAll(VARIABLE, (_all, name: string, operator: string, word: string) => {
    const value = variables[name];
    const isGiven = operator.startsWith(':') ? Boolean(value) : value !== undefined;
    if (operator.endsWith('+')) return isGiven ? word : '';
    return isGiven ? (value ?? '') : word;
  });
  return filled === text ? text : interpolated(filled, variables);
}

/** Plain data, with what `<<` takes over and variables filled in. */
export const parseCompose = (text: string, variables: Readonly<Record<string, string>> = {}): unknown =>
  parse(interpolated(text, variables), { merge: true });

export const composeWith = (variables: Readonly<Record<string, string>>): ComposeFile =>
  parseCompose(readProjectFile('docker-compose.yml'), variables) as ComposeFile;

export const COMPOSE = composeWith({});

export function service(name: string): Service {
  const found = COMPOSE.services[name];
  if (!found) throw new Error(`expected a service ${name} in docker-compose.yml`);
  return found;
}

/** The services that are gateways of the fleet: the same but for their names. */
export const GATEWAYS = ['gateway-1', 'gateway-2'] as const;

export const mountsOf = ({ volumes = [] }: Service): Mount[] =>
  volumes.map((text) => {
    const [source = '', target = '', mode] = text.split(':');
    return { source: source.replace(/^\.\//, ''), target, isReadOnly: mode === 'ro' };
  });
