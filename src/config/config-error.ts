/** Errors of settings: the name, the expected value and the given one. Secrets are never quoted. */
import { z } from 'zod';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface Variable {
  /** Completes "X must be …". Default: the description. */
  readonly expected?: string;
  readonly isSecret?: boolean;
  /** The default in the docs, if it is not the default of the schema. */
  readonly shownDefault?: string;
  /** The meaning, for the docs. */
  readonly description?: string | undefined;
}

/** The meta of a variable and of the forms inside it: `default`, `nullable` and the like wrap a form. */
export function variableOf(schema: z.ZodType): Variable {
  const inner = 'unwrap' in schema ? variableOf((schema as z.ZodOptional<z.ZodType>).unwrap()) : {};
  return { ...inner, ...schema.meta() };
}

/** One sentence a line. An issue without a path is a rule between variables: its message is the sentence. */
export function wrongVariables(
  { issues }: z.ZodError,
  shape: Readonly<Record<string, z.ZodType>>,
  given: Readonly<Record<string, string>>,
): string {
  const sentences = issues.map(({ path: [key], message }) => {
    if (key === undefined) return message;
    const name = String(key);
    const { description = 'a text', expected = description, isSecret } = variableOf(shape[name] ?? z.string());
    const got = isSecret ? 'another value' : JSON.stringify(withoutSecrets(given[name]));
    return `${name} must be ${expected}, got ${got}.`;
  });
  return [...new Set(sentences)].join('\n');
}

/** Credentials and queries may be secret. In a malformed URL the end of a password is unknown. */
const withoutSecrets = (value: string | undefined) =>
  value?.replace(/^(https?:\/\/)?.*@.*$/is, '$1…').replace(/[?#].*$/s, '…');

/**
 * Problems of an embedder's object, parsed with `reportInput`. The messages of its form complete "X must be …". Names types, never a
 * value, which may be a key.
 */
export function wrongMembers({ issues }: z.ZodError): string {
  const problems = issues.map((issue) => {
    const { path, message, input } = issue;
    if (issue.code === 'unrecognized_keys') {
      return `unknown ${issue.keys.map((key) => [...path, key].join('.')).join(', ')}: expected ${message}`;
    }
    return `${path.join('.') || 'it'} must be ${message}, got ${input === null ? 'null' : typeof input}`;
  });
  return problems.join('; ');
}
