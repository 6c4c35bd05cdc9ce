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

type Shape = Readonly<Record<string, z.ZodType>>;

/** One sentence a line. An issue without a path is a rule between variables: its message is the sentence. */
export function wrongVariables({ issues }: z.ZodError, shape: Shape, given: Readonly<Record<string, string>>): string {
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

function memberOf(schema: z.ZodType, key: string): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (!(schema instanceof z.ZodObject)) return undefined;
  return (schema.shape as Shape)[key] ?? (schema.def.catchall as z.ZodType | undefined);
}

/** The description of the member at a path, or of the nearest part around it that has one. */
function descriptionAt(schema: z.ZodType, [key, ...rest]: readonly PropertyKey[], around = ''): string {
  const { description = around } = variableOf(schema);
  const bare = 'unwrap' in schema ? (schema as z.ZodOptional<z.ZodType>).unwrap() : schema;
  const inner = memberOf(bare, String(key));
  return key === undefined || inner === undefined ? description : descriptionAt(inner, rest, description);
}

/** Problems of an embedder's object, parsed with `reportInput`. Names types, never a value, which may be a key. */
export function wrongMembers({ issues }: z.ZodError, schema: z.ZodObject<Shape>): string {
  const problems = issues.map((issue) => {
    const description = descriptionAt(schema, issue.path);
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return `unknown ${issue.keys.map((key) => (path === '' ? key : `${path}.${key}`)).join(', ')}: expected ${description}`;
    }
    return `${path || 'it'} must be ${description}, got ${issue.input === null ? 'null' : typeof issue.input}`;
  });
  return problems.join('; ');
}
