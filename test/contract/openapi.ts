/** docs/upstream.openapi.yaml: its operations, and a validator for the answers of each. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { Endpoint } from '../harness/upstream.ts';

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly 'x-status-words'?: Readonly<Record<string, readonly string[]>>;
}

interface Content {
  readonly 'application/json': { readonly schema: { readonly $ref: string }; readonly example: unknown };
}

interface OperationObject {
  readonly operationId: Endpoint;
  readonly parameters?: readonly { readonly name?: string; readonly schema?: object }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly example: unknown } } };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Content }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Partial<Record<'get' | 'post', OperationObject>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, { readonly 'x-stepgate-code': string }>>;
  };
}

const { paths, components } = parse(
  readFileSync(new URL('../../docs/upstream.openapi.yaml', import.meta.url), 'utf8'),
) as Document;

export interface Operation {
  readonly id: Endpoint;
  /** Matches the path of a request. */
  readonly path: RegExp;
  readonly query: Readonly<Record<string, object>>;
  readonly requestExample: unknown;
  readonly example: unknown;
  readonly errors: readonly { readonly status: number; readonly code: string }[];
  /** The deviation, such as `/0/id must be string`. Null if the answer conforms. */
  readonly problemOf: (json: unknown) => string | null;
}

/** Strict mode: a misspelt keyword throws. */
const ajv = new Ajv2020({ allowUnionTypes: true, keywords: ['components', 'x-status-words'] });
ajv.addSchema({ $id: 'upstream', components });

const toOperation = (template: string, operation: OperationObject): Operation => {
  const answer = operation.responses['200']?.content?.['application/json'];
  const validate = ajv.compile({ $ref: `upstream${answer?.schema.$ref ?? ''}` });
  return {
    id: operation.operationId,
    path: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    query: Object.fromEntries(
      (operation.parameters ?? []).flatMap(({ name, schema: ofName }) => (name && ofName ? [[name, ofName]] : [])),
    ),
    requestExample: operation.requestBody?.content['application/json'].example,
    example: answer?.example,
    errors: Object.entries(operation.responses).flatMap(([status, { $ref = '' }]) => {
      const code = components.responses[$ref.split('/').at(-1) ?? '']?.['x-stepgate-code'];
      return code === undefined ? [] : [{ status: Number(status.replace('XX', '00')), code }];
    }),
    problemOf: (json) => (validate(json) ? null : ajv.errorsText(validate.errors, { dataVar: '' })),
  };
};

const OPERATIONS = Object.entries(paths).flatMap(([template, { get, post }]) =>
  [get, post].flatMap((operation) => (operation ? [toOperation(template, operation)] : [])),
);

export const operationOf = (id: Endpoint): Operation | undefined => OPERATIONS.find((each) => each.id === id);

/** All errors of all calls. */
export const ERRORS = OPERATIONS.flatMap(({ id, errors }) => errors.map((error) => ({ endpoint: id, ...error })));

export const OPERATION_IDS = OPERATIONS.map(({ id }) => id);

export const propertiesOf = (schema: string): string[] => Object.keys(components.schemas[schema]?.properties ?? {});

export const requiredOf = (schema: string): readonly string[] => components.schemas[schema]?.required ?? [];

export const STATUS_WORDS = components.schemas.Status?.['x-status-words'] ?? {};

export const conforms = (schema: object, value: unknown): boolean => ajv.validate(schema, value);
