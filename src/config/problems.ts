/** What is said of variables that are wrong: what was expected and what came, without the secrets in it. */
import { z } from 'zod';
import { SECRET_VARIABLES } from './auth.ts';
import { SECRET_FLEET_VARIABLES } from './fleet.ts';
import { SECRET_CONNECTION_VARIABLES } from './upstream-connection.ts';
import { ENVIRONMENT } from './variables.ts';

const SECRETS: ReadonlySet<string> = new Set([
  ...SECRET_VARIABLES,
  ...SECRET_CONNECTION_VARIABLES,
  ...SECRET_FLEET_VARIABLES,
]);

/** A sentence for each variable. */
export function describeProblems(error: z.ZodError, given: Record<string, string | undefined>): string {
  const names = new Set(error.issues.map((issue) => String(issue.path[0])));
  return [...names]
    .map((name) => {
      const field: z.ZodType | undefined = ENVIRONMENT.shape[name as keyof typeof ENVIRONMENT.shape];
      const got = isSecret(name) ? 'something else' : JSON.stringify(withoutSecrets(given[name]));
      return `${name}: expected ${describe(field)}; got ${got}.`;
    })
    .join('\n');
}

/** Headers hold credentials more often than not. */
const isSecret = (name: string): boolean => SECRETS.has(name) || name.endsWith('_HEADERS');

/** Credentials and queries may be secrets; where a password ends can't be told of a URL that may be malformed. */
const withoutSecrets = (value: string | undefined) =>
  value?.replace(/^(https?:\/\/)?.*@.*$/is, '$1…').replace(/[?#].*$/s, '…');

/** `describe` stands on the type inside `default` and `optional`. */
function describe(field: z.ZodType): string {
  if (field.description !== undefined) return field.description;
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional
    ? describe(field.unwrap() as z.ZodType)
    : 'text';
}
