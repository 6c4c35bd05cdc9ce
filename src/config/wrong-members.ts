/** What is wrong with an object of an embedder: the member, what was expected and the type that came. */
import type { z } from 'zod';

/** Never a value: it may be a key. The error is of a parse with `reportInput`. */
export function wrongMembers({ issues }: z.ZodError, schema: z.ZodObject<Record<string, z.ZodType>>): string {
  const problems = issues.map((issue) => {
    const [name] = issue.path;
    const { description = '' } = (name === undefined ? undefined : schema.shape[String(name)]) ?? schema;
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return `unknown ${issue.keys.map((key) => (path === '' ? key : `${path}.${key}`)).join(', ')}: expected ${description}`;
    }
    return `${path || 'it'} must be ${description}, got ${issue.input === null ? 'null' : typeof issue.input}`;
  });
  return problems.join('; ');
}
