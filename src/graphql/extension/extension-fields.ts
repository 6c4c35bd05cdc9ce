/** The entries of an extension, as the field table has them: priced, bounded, and for authenticated callers alone. */
import { Kind, type FieldDefinitionNode, type GraphQLFieldResolver, type ListTypeNode, type TypeNode } from 'graphql';
import { DATA_REQUIREMENTS } from '../../runs/loaders/run-loaders.ts';
import type { Context } from '../context.ts';
import { withTimes } from '../fields/data-requirements.ts';
import type { FieldEntry } from '../fields/field-entry.ts';
import type { WorkflowRef } from '../object-references.ts';
import { createFieldContext } from './field-context.ts';
import { readAddedTypes, type AddedType } from './extension-sdl.ts';
import { asJson, asJsonItems, isThenable } from './json-values.ts';
import { UNPRICED, type ExtensionField, type SchemaExtension } from './schema-extension.ts';

type Entry = FieldEntry & { readonly resolve: GraphQLFieldResolver<unknown, Context> };

/** By type and field. Throws a sentence for the embedder where entries and SDL do not fit. */
export function extensionTables({ typeDefs, fields }: SchemaExtension): Record<string, Record<string, Entry>> {
  const tables: Record<string, Record<string, Entry>> = {};
  for (const type of readAddedTypes(typeDefs)) {
    const given = fields[type.name] ?? {};
    const table = (tables[type.name] ??= {});
    for (const field of type.fields) {
      const entry = Object.hasOwn(given, field.name.value) ? given[field.name.value] : undefined;
      checkField(type, field, entry);
      // What the parent is, the SDL alone tells.
      table[field.name.value] = entry ? entryOf(type, field, entry) : { resolve: ownProperty(field) };
    }
  }
  for (const [typeName, given] of Object.entries(fields)) {
    const unknown = Object.keys(given ?? {}).find((name) => !tables[typeName]?.[name]);
    if (unknown !== undefined) throw new Error(`extension.fields: ${typeName}.${unknown} is no field of its typeDefs.`);
  }
  return tables;
}

function checkField({ name, isOfContract }: AddedType, field: FieldDefinitionNode, entry: object | undefined): void {
  const path = `${name}.${field.name.value}`;
  if (isOfContract && !entry) throw new Error(`extension.fields: expected an entry for ${path}.`);
  if (isOfContract && field.type.kind === Kind.NON_NULL_TYPE) {
    throw new Error(`extension.typeDefs: expected ${path} to be nullable: its failure must not take ${name} with it.`);
  }
  if (entry && !('resolve' in entry)) throw new Error(`extension.fields: ${path} has no resolve.`);
  const wrong = Object.entries(entry ?? {}).find(([key, value]) => !isGood(name, key, value));
  if (wrong) throw new Error(`extension.fields: ${path} has a wrong ${wrong[0]}.`);
  const list = listOf(field);
  if (list && listOf(list)) throw new Error(`extension.typeDefs: expected no list of lists, got ${path}.`);
}

function isGood(typeName: string, key: string, value: unknown): boolean {
  if (key === 'resolve') return typeof value === 'function';
  if (key === 'requirement') return typeName === 'Run' && (DATA_REQUIREMENTS as readonly unknown[]).includes(value);
  if (typeof value !== 'number' || !(value >= 0)) return false;
  return key === 'cacheMs' || ((key === 'calls' || key === 'items') && Number.isInteger(value));
}

/** Null for what is no list, nullable or not. */
function listOf({ type }: { readonly type: TypeNode }): ListTypeNode | null {
  const nullable = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return nullable.kind === Kind.LIST_TYPE ? nullable : null;
}

/** Of a list of them, too. There are no lists of lists. */
function isJson({ type }: FieldDefinitionNode): boolean {
  let named = type;
  while (named.kind !== Kind.NAMED_TYPE) named = named.type;
  return named.name.value === 'JSON';
}

const jsonOf = (field: FieldDefinitionNode) => (listOf(field) ? asJsonItems : asJson);

/** A property of an object of the embedder's. A method gets the field's arguments, and nothing of the gateway's own. */
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
  const { calls, items, cacheMs, requirement } = { ...UNPRICED, ...given };
  const isList = listOf(field) !== null;
  const path = `${name}.${field.name.value}`;
  const admission = admissionTo(name);

  /** Its length was counted before, and iterables of another kind are not counted while they are answered. */
  function checkLength(value: unknown): unknown {
    if (!isList || value == null || (Array.isArray(value) && value.length <= items)) return value;
    const got = Array.isArray(value) ? `${value.length} items` : `a ${typeof value}`;
    throw new Error(`${path}: expected an array of at most ${items} items, as its entry says; got ${got}`);
  }

  const check = isJson(field) ? (value: unknown) => jsonOf(field)(checkLength(value)) : checkLength;

  const resolve: Entry['resolve'] = (parent, args: Readonly<Record<string, unknown>>, context, info) => {
    // Throws UNAUTHENTICATED without a viewer.
    const fieldContext = createFieldContext({ context, info, name: path, maxCalls: calls });
    context.lifetime.limit(cacheMs === 0 ? 0 : context.nowMs + cacheMs);
    const answer = () => given.resolve(parent, args, fieldContext);
    const value = admission ? admission(parent, context).then(answer) : answer();
    // Any thenable becomes a promise: executors do not agree on what else they wait for.
    return isThenable(value) ? Promise.resolve(value).then(check) : check(value);
  };
  return {
    resolve,
    ...(name === 'Run' && { requirement: withTimes(requirement) }),
    calls: () => calls,
    ...(isList && { items }),
    ...((calls > 0 || admission) && { readsWorkflows: true }),
  };
}

type Admission = (parent: unknown, context: Context) => Promise<unknown>;

/** Rejects for a caller who must not have the field. Null: to load the parent has proved enough. */
function admissionTo(typeName: string): Admission | null {
  if (typeName === 'Query' || typeName === 'Mutation') return (_root, context) => context.proveRight();
  // A handle costs no call: whether the caller may see the workflow, the list tells.
  if (typeName === 'Workflow') return (parent, { workflows }) => workflows().find((parent as WorkflowRef).id);
  return null;
}
