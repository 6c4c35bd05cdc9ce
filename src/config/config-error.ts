/** Errors of settings: the name, the expected value and the actual one. Secrets are never quoted. */
import type { z } from 'zod';
import { metaOf, type SettingMeta } from './forms.ts';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** How errors refer to settings. */
export interface Wording {
  readonly nameOf: (setting: string) => string;
  readonly expectedOf: (meta: SettingMeta) => string | undefined;
  /** The invalid value, and where it is inside its setting. */
  readonly gotOf: (path: readonly string[], input: unknown) => { readonly value: unknown; readonly place: string };
}

/**
 * One sentence per line, from issues with `reportInput`. An issue without a path is a rule between settings: its
 * message is the sentence, with the settings' names in braces.
 */
export function wrongSettings(
  { issues }: z.ZodError,
  forms: Readonly<Record<string, z.ZodType>>,
  { nameOf, expectedOf, gotOf }: Wording,
): string {
  const sentences = issues.map(({ path, message, input }) => {
    const [setting] = path.map(String);
    if (setting === undefined) return message.replace(/\{(\w+)\}/g, (_all, name: string) => nameOf(name));
    const form = forms[setting];
    const meta = form ? metaOf(form) : {};
    const { value, place } = gotOf(path.map(String), input);
    const got = meta.isSecret === true ? 'another value' : shown(value);
    const hint = meta.hint?.(input) ?? null;
    const sentence = `${nameOf(setting)} must be ${expectedOf(meta) ?? meta.description ?? 'another value'}, got ${got}${place}.`;
    return hint === null ? sentence : `${sentence} ${hint}`;
  });
  return [...new Set(sentences)].join('\n');
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(withoutSecrets(value));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value);

/** Credentials and queries may be secret, and in a malformed URL the end of a password is unknown. */
const withoutSecrets = (value: string): string =>
  value.replace(/^(https?:\/\/)?.*@.*$/is, '$1…').replace(/[?#].*$/s, '…');

/**
 * Problems of an embedder's object, parsed with `reportInput`. The schema's messages complete "X must be …". Values are
 * quoted only where the schema lists the allowed ones: any other may be a key.
 */
export function wrongMembers({ issues }: z.ZodError): string {
  const problems = issues.map((issue) => {
    const { path, message, input } = issue;
    if (issue.code === 'unrecognized_keys') {
      return `unknown ${issue.keys.map((key) => [...path, key].join('.')).join(', ')}: expected ${message}`;
    }
    return `${path.join('.') || 'it'} must be ${message}, got ${issue.code === 'invalid_value' ? shown(input) : kindOf(input)}`;
  });
  return problems.join('; ');
}
