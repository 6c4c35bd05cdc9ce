/** Reads the environment into a frozen, typed Config, or reports each wrong variable in a sentence. */
import { z } from 'zod';
import { authOf } from './auth.ts';
import { ConfigError, wrongVariables } from './config-error.ts';
import { fleetOf } from './fleet.ts';
import { connectionOf, withLowerCaseProxies } from './upstream-connection.ts';
import { ENVIRONMENT, PLAIN, SAMPLE, type UpstreamEndpoint } from './variables.ts';

export { ConfigError } from './config-error.ts';
export { UPSTREAM_ENDPOINTS, type UpstreamEndpoint } from './variables.ts';

/** `liveTtlMs` is LIVE_TTL_MS, and so on; several variables together make up `auth`, `fleet`, `upstreamConnection`. */
export type Config = z.output<ReturnType<typeof configForm>>;
export type UpstreamProxy = NonNullable<Config['upstreamConnection']['proxy']>;
export type AuthConfig = Config['auth'];
export type ServiceAuth = Extract<AuthConfig, { mode: 'service' }>;
export type TokenConfig = NonNullable<ServiceAuth['tokens']>;
export type PersistedMode = Config['persistedOperations'];

/**
 * Trims the values; an empty one counts as unset. `ownUpstream`: an embedder's upstream takes the place of UPSTREAM_URL. Throws
 * ConfigError.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>, ownUpstream = false): Config {
  const given = Object.fromEntries(
    Object.entries(withLowerCaseProxies(environment)).flatMap(([name, value = '']) =>
      value.trim() === '' ? [] : [[name, value.trim()]],
    ),
  );
  const { data, error } = configForm(ownUpstream).safeParse(given);
  if (error) throw new ConfigError(wrongVariables(error, ENVIRONMENT.shape, given));
  return data;
}

type Variables = z.output<typeof ENVIRONMENT>;

const configForm = (ownUpstream: boolean) =>
  ENVIRONMENT.transform((variables, { issues }) => {
    const fail = (message: string): never => {
      issues.push({ code: 'custom', message, input: variables });
      return z.NEVER;
    };
    checkRules(variables, ownUpstream, fail);
    const isProduction = variables.NODE_ENV === 'production';
    const openByDefault = isProduction ? 'off' : 'on';
    const upstreamEndpoints: ReadonlySet<UpstreamEndpoint> = new Set([
      'steps',
      ...variables.UPSTREAM_ENDPOINTS,
    ] as const);
    return Object.freeze({
      ...camelCased(variables),
      isProduction,
      /** Null: the embedded sample. */
      upstreamUrl: variables.UPSTREAM_URL === SAMPLE ? null : variables.UPSTREAM_URL,
      upstreamEndpoints,
      introspection: (variables.INTROSPECTION ?? openByDefault) === 'on',
      sandbox: (variables.SANDBOX ?? openByDefault) === 'on',
      upstreamConnection: connectionOf(variables, fail),
      auth: authOf(variables, upstreamEndpoints.has('workflows'), fail),
      fleet: fleetOf(variables, fail),
    });
  });

function checkRules(variables: Variables, ownUpstream: boolean, fail: (sentence: string) => never): void {
  const {
    NODE_ENV,
    UPSTREAM_URL,
    HSTS_MAX_AGE_SECONDS,
    PERSISTED_OPERATIONS: mode,
    PERSISTED_MANIFESTS: manifests,
  } = variables;
  if (ownUpstream && UPSTREAM_URL !== null) {
    fail('UPSTREAM_URL must not be set when the option upstream is set. Remove one of them.');
  }
  if (NODE_ENV === 'production' && UPSTREAM_URL === null && !ownUpstream) {
    fail(
      'UPSTREAM_URL is required when NODE_ENV is production. Set it to the URL of the workflow API, or to sample for sample data.',
    );
  }
  if (HSTS_MAX_AGE_SECONDS !== null && variables.TRUST_PROXY === false) {
    fail('TRUST_PROXY is required when HSTS_MAX_AGE_SECONDS is set: only a trusted proxy can report TLS.');
  }
  if (mode === 'only' && manifests.length === 0) {
    fail('PERSISTED_MANIFESTS is required when PERSISTED_OPERATIONS is only: all operations would be rejected.');
  }
  if (mode === 'off' && manifests.length > 0) {
    fail('PERSISTED_OPERATIONS must be allow or only when PERSISTED_MANIFESTS is set, got off.');
  }
  if (variables.MCP === 'manifest' && manifests.length === 0) {
    fail('PERSISTED_MANIFESTS is required when MCP is manifest: there would be no tools.');
  }
}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>;
type CamelCased<Shape> = { readonly [Name in keyof Shape & string as CamelCase<Name>]: Shape[Name] };

const camelCase = (name: string): string =>
  name.toLowerCase().replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());

const camelCased = (variables: Variables) =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (name in PLAIN ? [[camelCase(name), value]] : [])),
  ) as CamelCased<Pick<Variables, keyof typeof PLAIN>>;
