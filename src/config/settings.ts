/** Settings of an embedder or a file, with the names and values of the environment variables. */
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

/** Maybe with `export` and a comment. A value is in quotes, or has no # and no quote at its beginning. */
const LINE =
  /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:(["'`])((?:(?!\2).)*)\2|([^ \t"'`#](?:[^#]*[^ \t#])?)?)[ \t]*(?:(?<=[ \t])#.*)?$/s;

/** Lines of `NAME=value`, as in `.env` files. `path` is for messages, which quote no value: it may be a key. Throws ConfigError. */
export function readSettingsFile(text: string, path: string): Environment {
  const settings: Record<string, string> = {};
  const problems: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/)
    .entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const [, name, , quoted, plain = ''] = LINE.exec(line) ?? [];
    if (name === undefined) problems.push(`${path}:${index + 1} ${FORM}`);
    else if (!isVariable(name) && !isOfTracing(name)) problems.push(`${path}:${index + 1}: ${name} ${UNKNOWN}`);
    else settings[name] = quoted ?? plain;
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return settings;
}

const FORM =
  'must be NAME=value, with only plain spaces around the name, and quotes around a value that has a # or begins with a quote.';
const UNKNOWN = 'is not a setting: docs/configuration.md lists all settings.';
