/** Variables from a file, and their precedence. */
import { ConfigError } from './config.ts';
import { VARIABLES } from './settings-table.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** OpenTelemetry's SDK reads its variables itself. */
const isOfTracing = (name: string): boolean => name.startsWith('OTEL_');
/** The environment takes precedence over the file, except for empty variables. */
export const overFile = (file: Environment, environment: Environment): Environment => ({
  ...file,
  ...Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim())),
});

/**
 * Matches a line, optionally with `export` and a comment. A value is quoted, or contains no # and doesn't begin with a
 * quote.
 */
const LINE =
  /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:(["'`])((?:(?!\2).)*)\2|([^ \t"'`#](?:[^#]*[^ \t#])?)?)[ \t]*(?:(?<=[ \t])#.*)?$/s;

/**
 * Reads lines of `NAME=value`, as in `.env` files. `path` is for messages, which never quote values: they may be keys.
 * Throws ConfigError.
 */
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
    else if (!VARIABLES.has(name) && !isOfTracing(name)) problems.push(`${path}:${index + 1}: ${name} ${UNKNOWN}`);
    else settings[name] = quoted ?? plain;
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return settings;
}

const FORM =
  'must be NAME=value, with only plain spaces around the name, and quotes around a value that has a # or begins with a quote.';
const UNKNOWN = 'is not a setting; docs/configuration.md lists all settings.';
