/** What is said of variables that are wrong: what was expected and what came, without the secrets in it. */
import { z } from 'zod';
import { ENVIRONMENT } from './variables.ts';

/** A sentence for each variable. */
export function describeProblems(error: z.ZodError, given: Readonly<Record<string, string>>): string {
  const names = new Set(error.issues.map((issue) => String(issue.path[0])));
  return [...names]
    .map((name) => {
      const { description = 'text', isSecret } = metaOf(ENVIRONMENT.shape[name as keyof typeof ENVIRONMENT.shape]);
      const got = isSecret === true ? 'something else' : JSON.stringify(withoutSecrets(given[name]));
      return `${name}: expected ${description}; got ${got}.`;
    })
    .join('\n');
}

/** Credentials and queries may be secrets; where a password ends can't be told of a URL that may be malformed. */
const withoutSecrets = (value: string | undefined) =>
  value?.replace(/^(https?:\/\/)?.*@.*$/is, '$1…').replace(/[?#].*$/s, '…');

/** What `describe` and `meta` say: on the type inside `default` and `optional`. */
const metaOf = (field: z.ZodType): z.GlobalMeta =>
  field instanceof z.ZodDefault || field instanceof z.ZodOptional
    ? metaOf(field.unwrap() as z.ZodType)
    : (field.meta() ?? {});
