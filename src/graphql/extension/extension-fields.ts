/** Field table entries of an extension: only for authenticated callers. */
import { Kind, type FieldDefinitionNode, type GraphQLFieldResolver, type ListTypeNode, type TypeNode } from 'graphql';
import { DATA_REQUIREMENTS } from '../../runs/loaders/run-loaders.ts';
import type { Context } from '../context.ts';
import { withTimes } from '../fields/data-requirements.ts';
import type { FieldEntry } from '../fields/field-entry.ts';
import type { WorkflowRef } from '../object-references.ts';
import { createFieldContext } from './field-context.ts';
import { readAddedTypes, type AddedType } from './extension-sdl.ts';
import { asItems, asJson, asJsonItems, isThenable } from './json-values.ts';
import { DEFAULTS, type ExtensionField, type SchemaExtension } from './schema-extension.ts';

type Entry = FieldEntry & { readonly resolve: GraphQLFieldResolver<unknown, Context> };

/** Entries by type and field. Throws an Error for the embedder if entries and SDL do not match. */
export function extensionTables({ typeDefs, fields }: SchemaExtension): Record<string, Record<string, Entry>> {
  const tables: Record<string, Record<string, Entry>> = {};
  for (const type of readAddedTypes(typeDefs)) {
    const given = fields[type.name] ?? {};
    const table = (tables[type.name] ??= {});
    for (const field of type.fields) {
      const entry = Object.hasOwn(given, field.name.value) ? given[field.name.value] : undefined;
      checkField(type, field, entry);
      // Only the SDL defines the parent's type.
      table[field.name.value] = entry ? entryOf(type, field, entry) : { resolve: ownProperty(field) };
    }
  }
  for (const [typeName, given] of Object.entries(fields)) {
    const unknown = Object.keys(given ?? {}).find((name) => !tables[typeName]?.[name]);
    if (unknown !== undefined) throw new Error(`extension.fields: ${typeName}.${unknown} is not in typeDefs.`);
  }
  return tables;
}

function checkField({ name, isOfContract }: AddedType, field: FieldDefinitionNode, entry: object | undefined): void {
  const path = `${name}.${field.name.value}`;
  if (isOfContract && !entry) throw new Error(`extension.fields: ${path} must have an entry.`);
  if (isOfContract && field.type.kind === Kind.NON_NULL_TYPE) {
    throw new Error(`extension.typeDefs: ${path} must be nullable, so that its failure does not null ${name}.`);
  }
  if (entry && !('resolve' in entry)) throw new Error(`extension.fields: ${path} must have a resolve function.`);
  const wrong = Object.entries(entry ?? {}).find(([key, value]) => !isGood(name, key, value));
  if (wrong) throw new Error(`extension.fields: ${path} has an invalid ${wrong[0]}.`);
  const list = listOf(field);
  if (list && listOf(list)) throw new Error(`extension.typeDefs: ${path} must not be a list of lists.`);
}

/** Prices of an earlier version. The budgets of the operation count its calls and objects now. */
const IGNORED: ReadonlySet<string> = new Set(['calls', 'items']);

function isGood(typeName: string, key: string, value: unknown): boolean {
  if (key === 'resolve') return typeof value === 'function';
  if (key === 'requirement') return typeName === 'Run' && (DATA_REQUIREMENTS as readonly unknown[]).includes(value);
  if (IGNORED.has(key)) return true;
  return key === 'cacheMs' && typeof value === 'number' && value >= 0;
}

/** Null if the type is not a list. */
function listOf({ type }: { readonly type: TypeNode }): ListTypeNode | null {
  const nullable = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return nullable.kind === Kind.LIST_TYPE ? nullable : null;
}

/** True for JSON and lists of JSON. Lists of lists are not supported. */
function isJson({ type }: FieldDefinitionNode): boolean {
  let named = type;
  while (named.kind !== Kind.NAMED_TYPE) named = named.type;
  return named.name.value === 'JSON';
}

const jsonOf = (field: FieldDefinitionNode) => (listOf(field) ? asJsonItems : asJson);

/** Reads a property of an embedder's object. A method receives the field's arguments only. */
export const propertyOf =
  (name: string) =>
  (parent: unknown, args: unknown): unknown => {
    const owner = parent as Readonly<Record<string, unknown>>;
    const value = owner[name];
    return typeof value === 'function' ? value.call(owner, args) : value;
  };

function ownProperty(field: FieldDefinitionNode): Entry['resolve'] {
  const read = propertyOf(field.name.value);
  return isJson(field) ? (parent, args) => jsonOf(field)(read(parent, args)) : read;
}

function entryOf({ name }: AddedType, field: FieldDefinitionNode, given: ExtensionField<unknown>): Entry {
  const { cacheMs, requirement } = { ...DEFAULTS, ...given };
  const admission = admissionTo(name);
  const check = isJson(field) ? jsonOf(field) : listOf(field) ? asItems : (value: unknown) => value;

  const resolve: Entry['resolve'] = (parent, args: Readonly<Record<string, unknown>>, context, info) => {
    // Throws UNAUTHENTICATED without a viewer.
    const fieldContext = createFieldContext(context, info);
    context.lifetime.limit(cacheMs === 0 ? 0 : context.nowMs + cacheMs);
    const answer = () => given.resolve(parent, args, fieldContext);
    const value = admission ? admission(parent, context).then(answer) : answer();
    // Any thenable becomes a promise, since executors disagree on other thenables.
    return isThenable(value) ? Promise.resolve(value).then(check) : check(value);
  };
  return { resolve, ...(name === 'Run' && { requirement: withTimes(requirement) }) };
}

type Admission = (parent: unknown, context: Context) => Promise<unknown>;

/** Rejects if the caller must not read the field. Null if the loaded parent is proof enough. */
function admissionTo(typeName: string): Admission | null {
  if (typeName === 'Query' || typeName === 'Mutation') return (_root, context) => context.proveRight();
  // A workflow reference costs no call. The list shows whether the caller may see the workflow.
  if (typeName === 'Workflow') return (parent, { workflows }) => workflows().find((parent as WorkflowRef).id);
  return null;
}
