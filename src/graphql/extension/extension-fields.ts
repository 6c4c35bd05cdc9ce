/** Field table entries of an extension, for authenticated callers only. */
import { Kind, type FieldDefinitionNode, type GraphQLFieldResolver, type ListTypeNode, type TypeNode } from 'graphql';
import { ConfigError } from '../../config/config-error.ts';
import type { Context } from '../context.ts';
import { withTimes } from '../fields/data-requirements.ts';
import type { FieldEntry } from '../fields/field-entry.ts';
import type { WorkflowRef } from '../object-references.ts';
import { checkOf } from './checked-values.ts';
import { createFieldContext } from './field-context.ts';
import { readAddedTypes, type AddedType } from './extension-sdl.ts';
import { DEFAULTS, type ExtensionField, type SchemaExtension } from './schema-extension.ts';

type Entry = FieldEntry & { readonly resolve: GraphQLFieldResolver<unknown, Context> };

/** Entries by type and field. Throws ConfigError if entries and SDL don't match. */
export function extensionTables({ typeDefs, fields }: SchemaExtension): Record<string, Record<string, Entry>> {
  const tables: Record<string, Record<string, Entry>> = {};
  for (const type of readAddedTypes(typeDefs)) {
    const given = fields[type.name] ?? {};
    const table = (tables[type.name] ??= {});
    for (const field of type.fields) {
      const entry = Object.hasOwn(given, field.name.value) ? given[field.name.value] : undefined;
      checkField(type, field, entry !== undefined);
      // Only the SDL defines the parent's type.
      const { value: own } = field.name;
      table[own] = entry ? entryOf(type, field, entry) : { resolve: checked(field, ownProperty(own)) };
    }
  }
  for (const [typeName, given] of Object.entries(fields)) {
    const unknown = Object.keys(given ?? {}).find((name) => !tables[typeName]?.[name]);
    if (unknown !== undefined) throw new ConfigError(`extension.fields: ${typeName}.${unknown} is not in typeDefs.`);
  }
  return tables;
}

function checkField({ name, isOfContract }: AddedType, field: FieldDefinitionNode, hasEntry: boolean): void {
  const path = `${name}.${field.name.value}`;
  if (isOfContract && !hasEntry) throw new ConfigError(`extension.fields: ${path} must have an entry.`);
  if (isOfContract && field.type.kind === Kind.NON_NULL_TYPE) {
    throw new ConfigError(`extension.typeDefs: ${path} must be nullable, so that its failure does not null ${name}.`);
  }
  const list = listOf(field);
  if (list && listOf(list)) throw new ConfigError(`extension.typeDefs: ${path} must not be a list of lists.`);
}

/** Returns null if the type is not a list. */
function listOf({ type }: { readonly type: TypeNode }): ListTypeNode | null {
  const nullable = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return nullable.kind === Kind.LIST_TYPE ? nullable : null;
}

/** Whether the type is JSON or a list of JSON. Lists of lists are not supported. */
function isJson({ type }: FieldDefinitionNode): boolean {
  let named = type;
  while (named.kind !== Kind.NAMED_TYPE) named = named.type;
  return named.name.value === 'JSON';
}

/** Every value returned by an embedder's code passes through here. */
function checked(field: FieldDefinitionNode, read: Entry['resolve']): Entry['resolve'] {
  const check = checkOf({ isJson: isJson(field), isList: listOf(field) !== null });
  return (...given) => check(read(...given));
}

/** Reads a property of an embedder's object. Methods receive only the field's arguments. */
function ownProperty(name: string): Entry['resolve'] {
  return (parent, args) => {
    const owner = parent as Readonly<Record<string, unknown>>;
    const value = owner[name];
    return typeof value === 'function' ? (value.call(owner, args) as unknown) : value;
  };
}

function entryOf({ name }: AddedType, field: FieldDefinitionNode, given: ExtensionField<unknown>): Entry {
  const { cacheMs = DEFAULTS.cacheMs, requirement = DEFAULTS.requirement } = given;
  const admission = admissionTo(name);

  const resolve = checked(field, (parent, args: Readonly<Record<string, unknown>>, context, info) => {
    // Throws UNAUTHENTICATED without a viewer.
    const fieldContext = createFieldContext(context, info);
    context.lifetime.limit(cacheMs === 0 ? 0 : context.nowMs + cacheMs);
    const answer = () => given.resolve(parent, args, fieldContext);
    return admission ? admission(parent, context).then(answer) : answer();
  });
  return { resolve, ...(name === 'Run' && { requirement: withTimes(requirement) }) };
}

type Admission = (parent: unknown, context: Context) => Promise<unknown>;

/** Rejects if the caller must not read the field. Null if the loaded parent is proof enough. */
function admissionTo(typeName: string): Admission | null {
  if (typeName === 'Query' || typeName === 'Mutation') return (_root, context) => context.proveRight();
  // A workflow reference costs no call, so the list decides whether the caller may see the workflow.
  if (typeName === 'Workflow') return (parent, { workflows }) => workflows().find((parent as WorkflowRef).id);
  return null;
}
