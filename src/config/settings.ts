/** Settings of an embedder or a file, with the names and values of the environment variables. */
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { ConfigError, readConfig, type Config } from './config.ts';
import { withLowerCaseProxies } from './upstream-connection.ts';
import { ENVIRONMENT } from './variables.ts';

type Variables = z.input<typeof ENVIRONMENT>;

/** Variables by name. A number may be given as a number. An empty text counts as unset. */
export type Settings = {
  readonly [Name in keyof Variables]?: TextOrNumber<NonNullable<Variables[Name]>> | undefined;
};

type TextOrNumber<Value> = string extends Value ? string | number : Value;

type Environment = Readonly<Record<string, string | undefined>>;

/** OpenTelemetry's SDK reads its variables itself. */
const isOfTracing = (name: string): boolean => name.startsWith('OTEL_');
const isVariable = (name: string): name is keyof Variables => Object.hasOwn(ENVIRONMENT.shape, name);

/** Of the process only NODE_ENV is read, if the settings leave it out. Throws ConfigError. */
export function configOf(settings: Settings, ownUpstream: boolean, { NODE_ENV }: Environment = process.env): Config {
  const unknown = Object.keys(settings).find((name) => !isVariable(name));
  if (unknown !== undefined) throw new ConfigError(`${unknown} ${UNKNOWN}`);
  const given = Object.entries(settings).map(([name, value]) => [
    name,
    value === undefined ? undefined : String(value),
  ]);
  return readConfig({ NODE_ENV, ...(Object.fromEntries(given) as Environment) }, ownUpstream);
}

/** The settings among the variables of an environment. */
export const settingsOf = (environment: Environment = process.env): Settings =>
  Object.fromEntries(Object.entries(withLowerCaseProxies(environment)).filter(([name]) => isVariable(name)));

/** The environment takes precedence over the file, except for empty variables. */
export const overFile = (file: Environment, environment: Environment): Environment => ({
  ...file,
  ...Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim())),
});

const EXPORT = /^[ \t]*export[ \t]+/;
const ASSIGNMENT = /^\s*([A-Za-z_]\w*)\s*=(.*)$/s;
/** A value in quotes, or without # and without a quote at its beginning, and an optional comment. parseEnv reads others in part. */
const WHOLE_VALUE = /^\s*(?:(["'`])(?:(?!\1).)*\1|[^\s"'`#](?:[^#]*[^\s#])?)?(?:\s+#.*|\s*)$/s;

/** Lines of `NAME=value`, as in `.env` files. `path` is for messages. Throws ConfigError. */
export function readSettingsFile(text: string, path: string): Environment {
  // Line by line: parseEnv would take the line after an empty value for that value.
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/)
    .map((line) => line.replace(EXPORT, ''))
    .map((line) => ({ line, read: parseEnv(line) }));
  const problems = lines.flatMap(({ line, read }, index) => {
    if (/^\s*(?:#.*)?$/.test(line)) return [];
    const [, name, value = ''] = ASSIGNMENT.exec(line) ?? [];
    const at = `${path}:${index + 1}`;
    // The line may contain a key, so it is not quoted.
    if (name === undefined) return [`${at} must be NAME=value, or a comment that begins with #.`];
    if (!isVariable(name) && !isOfTracing(name)) return [`${at}: ${name} ${UNKNOWN}`];
    // For parseEnv, special blanks from an editor or a web page are part of the name.
    if (!Object.hasOwn(read, name)) return [`${at}: ${name} must have only plain spaces around it.`];
    return WHOLE_VALUE.test(value) ? [] : [`${at}: ${name} ${PART}`];
  });
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.assign({}, ...lines.map(({ read }) => read)) as Environment;
}

const PART = 'must have its whole value in quotes: the value contains a # or begins with a quote.';
const UNKNOWN = 'is not a setting: docs/configuration.md lists all settings.';
