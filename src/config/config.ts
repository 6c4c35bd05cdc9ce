/** Reads settings, as options or variables, into a frozen, typed Config, or reports each invalid one in a sentence. */
import { z } from 'zod';
import { authOf } from './auth.ts';
import { ConfigError, wrongSettings, type Wording } from './config-error.ts';
import { fleetOf } from './fleet.ts';
import { metaOf } from './forms.ts';
import type { Settings } from './options.ts';
import {
  COMMON_ENDPOINTS,
  PLAIN,
  SAMPLE,
  SETTINGS,
  UPSTREAM_ENDPOINTS,
  VARIABLES,
  variableOf,
  type UpstreamEndpoint,
} from './settings-table.ts';
import { connectionOf, withLowerCaseProxies } from './upstream-connection.ts';

export { ConfigError } from './config-error.ts';
export { UPSTREAM_ENDPOINTS, type UpstreamEndpoint } from './settings-table.ts';

/** Settings by name; several together make up `auth`, `fleet` and `upstreamConnection`. */
export type Config = z.output<ReturnType<typeof configForm>>;
export type UpstreamProxy = NonNullable<Config['upstreamConnection']['proxy']>;
export type AuthConfig = Config['auth'];
export type ServiceAuth = Extract<AuthConfig, { mode: 'service' }>;
export type TokenConfig = NonNullable<ServiceAuth['tokens']>;
export type PersistedMode = Config['persistedOperations'];

type Environment = Readonly<Record<string, string | undefined>>;

/** How errors refer to settings as options of the library. */
const AS_OPTIONS: Wording = {
  nameOf: (setting) => setting,
  expectedOf: ({ expected }) => expected,
  gotOf: (path, value) => ({ value, place: path.length > 1 ? ` at ${path.join('.')}` : '' }),
};

/** How errors refer to settings as variables, quoting the whole string. */
const asVariables = (environment: Environment): Wording => ({
  nameOf: variableOf,
  expectedOf: ({ expected, expectedText = expected }) => expectedText,
  gotOf: ([setting = '']) => ({ value: textOf(environment, variableOf(setting)), place: '' }),
});

/** Trims the values of variables; empty ones count as unset. Throws ConfigError. */
export function readConfig(environment: Environment): Config {
  const given = withLowerCaseProxies(environment);
  return parsed(configForm(false), settingsIn(given), asVariables(given));
}

/** `ownUpstream` is an embedder's upstream, which replaces `upstreamUrl`. Throws ConfigError. */
export const configOf = (settings: Settings, ownUpstream: boolean): Config =>
  parsed(configForm(ownUpstream), settings satisfies z.input<typeof FORM>, AS_OPTIONS);

/**
 * Returns the options for the variables of docs/configuration.md in an environment, such as `process.env`. Other
 * variables are ignored. Throws ConfigError, which names the variables.
 */
export function optionsFromEnv(environment: Environment): SettingsOfEnv {
  const given = withLowerCaseProxies(environment);
  const settings = settingsIn(given);
  parsed(FORM, settings, asVariables(given));
  return settings;
}

function parsed<T>(form: z.ZodType<T>, settings: object, wording: Wording): T {
  const { data, error } = form.safeParse(settings, { reportInput: true });
  if (error) throw new ConfigError(wrongSettings(error, SETTINGS, wording));
  return data;
}

/** Only set variables have a member. */
export type SettingsOfEnv = { readonly [Name in keyof Settings]: Exclude<Settings[Name], undefined> };

/** The unchecked values of the variables. */
function settingsIn(environment: Environment): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Array.from(VARIABLES).flatMap(([name, setting]) => {
      const text = textOf(environment, name);
      const { read = String } = metaOf(SETTINGS[setting]);
      return text === '' ? [] : [[setting, read(text)]];
    }),
  );
}

const textOf = (environment: Environment, name: string): string => environment[name]?.trim() ?? '';

const FORM = z.strictObject(SETTINGS);
type Values = z.output<typeof FORM>;

const configForm = (ownUpstream: boolean) =>
  FORM.transform((values, { issues }) => {
    const fail = (message: string): never => {
      issues.push({ code: 'custom', message, input: values });
      return z.NEVER;
    };
    checkRules(values, ownUpstream, fail);
    /** Null means the embedded sample. */
    const upstreamUrl = values.upstreamUrl === SAMPLE ? null : values.upstreamUrl;
    // An embedder's upstream offers the calls that it has functions for.
    const offered = upstreamUrl === null || ownUpstream ? UPSTREAM_ENDPOINTS : COMMON_ENDPOINTS;
    const upstreamEndpoints: ReadonlySet<UpstreamEndpoint> = new Set([
      'steps',
      ...(values.upstreamEndpoints ?? offered),
    ] as const);
    return Object.freeze({
      ...plain(values),
      isProduction: values.production,
      upstreamUrl,
      upstreamEndpoints,
      introspection: values.introspection ?? !values.production,
      sandbox: values.sandbox ?? !values.production,
      upstreamConnection: connectionOf(values, fail),
      auth: authOf(values, upstreamEndpoints.has('workflows'), fail),
      fleet: fleetOf(values, fail),
    });
  });

function checkRules(values: Values, ownUpstream: boolean, fail: (sentence: string) => never): void {
  const { production, upstreamUrl, hstsMaxAgeSeconds, persistedOperations, persistedManifests, trustProxy } = values;
  if (ownUpstream && upstreamUrl !== null) {
    fail('{upstreamUrl} must not be set when the option upstream is set. Remove one of them.');
  }
  if (production && upstreamUrl === null && !ownUpstream) {
    fail(
      '{upstreamUrl} is required in production. Set it to the URL of the workflow API, or to sample for sample data.',
    );
  }
  if (hstsMaxAgeSeconds !== null && trustProxy === false) {
    fail('{trustProxy} is required when {hstsMaxAgeSeconds} is set: only a trusted proxy can report TLS.');
  }
  const hasManifests = persistedManifests.length > 0;
  if (persistedOperations === 'only' && !hasManifests) {
    fail('{persistedManifests} is required when {persistedOperations} is only: all operations would be rejected.');
  }
  if (persistedOperations === 'off' && hasManifests) {
    fail('{persistedOperations} must be allow or only when {persistedManifests} is set, got off.');
  }
  if (values.mcp === 'manifest' && !hasManifests) {
    fail('{persistedManifests} is required when {mcp} is manifest: there would be no tools.');
  }
}

/** Settings that become properties of the config unchanged. */
const plain = (values: Values) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name in PLAIN)) as Pick<Values, keyof typeof PLAIN>;
