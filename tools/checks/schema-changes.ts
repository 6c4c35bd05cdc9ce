/** Finds changes between two schemas that the changelog must announce, and deprecations without a date. */
import {
  buildSchema,
  findBreakingChanges,
  getDirectiveValues,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  valueFromASTUntyped,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';

/** Lines that are missing from the unreleased part of the changelog. Each announces exactly one change. */
export function missingAnnouncements(released: string, current: string, changelog: string): string[] {
  const [before, after] = [buildSchema(released), buildSchema(current)];
  const unreleased = changelog.split(/^## /m).find((section) => /^unreleased/i.test(section)) ?? '';
  const announced = new Set(unreleased.split('\n').map((line) => line.trim()));
  const changes = findBreakingChanges(before, after).map(({ description }) => description);
  return [...changes, ...newValues(before, after), ...newNulls(before, after), ...removedKeys(before, after)]
    .map((change) => `- \`${change}\``)
    .filter((line) => !announced.has(line));
}

/** Clients that distinguish all values break at a new value in an answer. A new value for an argument breaks nothing. */
function newValues(before: GraphQLSchema, after: GraphQLSchema): string[] {
  const answered = new Set(outputFieldsOf(after).map(({ field }) => getNamedType(field.type)));
  return [...answered].filter(isEnumType).flatMap((current) => {
    const released = before.getType(current.name);
    if (!isEnumType(released)) return [];
    const added = current.getValues().filter(({ name }) => released.getValue(name) === undefined);
    return added.map(({ name }) => `${name} was added to enum type ${current.name}.`);
  });
}

/** Clients with types for `@semanticNonNull` do not expect a null there. graphql-js compares the types only. */
function newNulls(before: GraphQLSchema, after: GraphQLSchema): string[] {
  const now = new Map(outputFieldsOf(after).map(({ name, field }) => [name, field]));
  return outputFieldsOf(before).flatMap(({ name, field }) => {
    const current = now.get(name);
    // A type that changed is either reported by graphql-js, or has a non-null type in place of the directive.
    if (!current || String(current.type) !== String(field.type)) return [];
    const levels = levelsOf(after, current);
    return levelsOf(before, field).every((level) => levels.includes(level))
      ? []
      : [`${name} may be null without an error.`];
  });
}

function levelsOf(schema: GraphQLSchema, { astNode }: GraphQLField<unknown, unknown>): readonly number[] {
  const directive = schema.getDirective('semanticNonNull');
  const values = directive && astNode ? getDirectiveValues(directive, astNode) : undefined;
  return (values?.levels ?? []) as readonly number[];
}

const outputFieldsOf = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })));

/** A deprecation since the release must say until when it can be used. */
export function undatedDeprecations(released: string, current: string): string[] {
  const before = deprecationsOf(buildSchema(released));
  return [...deprecationsOf(buildSchema(current))]
    .filter(([name, reason]) => !before.has(name) && !hasDate(reason))
    .map(([name, reason]) => `${name}: ${JSON.stringify(reason)}`);
}

function hasDate(reason: string): boolean {
  const [, date = ''] = /Removed after (\d{4}-\d{2}-\d{2})\.$/.exec(reason) ?? [];
  return !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);
}

/** Reasons of deprecated fields, arguments and values, by their names. */
function deprecationsOf(schema: GraphQLSchema): ReadonlyMap<string, string> {
  const types = Object.values(schema.getTypeMap());
  const fields = outputFieldsOf(schema);
  const parts = [
    ...fields.map(({ name, field }) => ({ ...field, name })),
    ...fields.flatMap(({ name, field }) => field.args.map((arg) => ({ ...arg, name: `${name}(${arg.name}:)` }))),
    ...types
      .filter(isInputObjectType)
      .flatMap((type) =>
        Object.values(type.getFields()).map((field) => ({ ...field, name: `${type.name}.${field.name}` })),
      ),
    ...types
      .filter(isEnumType)
      .flatMap((type) => type.getValues().map((value) => ({ ...value, name: `${type.name}.${value.name}` }))),
  ];
  return new Map(
    parts.flatMap(({ name, deprecationReason: reason }) => (reason == null ? [] : [[name, reason] as const])),
  );
}

/** graphql-js does not compare directives, but a router that queries by a removed key gets nothing. */
function removedKeys(before: GraphQLSchema, after: GraphQLSchema): string[] {
  return Object.keys(before.getTypeMap()).flatMap((name) => {
    const kept = keysOf(after, name);
    return [...keysOf(before, name)]
      .filter((key) => !kept.has(key) && after.getType(name) !== undefined)
      .map((key) => `The key { ${key} } was removed from ${name}.`);
  });
}

function keysOf(schema: GraphQLSchema, typeName: string): ReadonlySet<string> {
  const type = schema.getType(typeName);
  const directives = (isObjectType(type) ? type.astNode?.directives : undefined) ?? [];
  return new Set(
    directives
      .filter(({ name }) => name.value === 'key')
      .flatMap(({ arguments: given = [] }) => given.filter(({ name }) => name.value === 'fields'))
      .map(({ value }) => String(valueFromASTUntyped(value)).trim().split(/\s+/).join(' ')),
  );
}
