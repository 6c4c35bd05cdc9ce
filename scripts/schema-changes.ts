/** What a schema breaks of an older one, and whether the changelog says so. */
import { buildSchema, findBreakingChanges, isObjectType, valueFromASTUntyped, type GraphQLSchema } from 'graphql';

export interface BreakingChange {
  /** What the changelog must name: `Run.status`, or `Run` for the whole type; a directive without its `@`. */
  readonly name: string;
  readonly description: string;
}

/** Breaking changes that the changelog does not announce: by their names, in a "Breaking" item of its unreleased part. */
export function unannouncedChanges(released: string, current: string, changelog: string): BreakingChange[] {
  const [before, after] = [buildSchema(released), buildSchema(current)];
  const announced = announcements(changelog);
  const changes = findBreakingChanges(before, after).map(({ description }) => ({
    name: nameIn(description),
    description,
  }));
  return [...changes, ...removedKeys(before, after)].filter(({ name }) => !mentions(announced, name));
}

/** The items of the unreleased part that say that they break something. */
function announcements(changelog: string): string {
  const unreleased = changelog.split(/^## /m).find((section) => /^unreleased/i.test(section)) ?? '';
  const items = unreleased.split(/^- /m).slice(1);
  return items.filter((item) => /\bbreaking\b/i.test(item)).join('\n');
}

/** The name stands alone: `Run` is not named by `Run.status`, nor `Run.status` by `Run.statusIsInferred`. */
const mentions = (text: string, name: string): boolean =>
  text.split(/[^\w.]+/).some((word) => word.replace(/\.+$/, '') === name);

/** graphql-js tells what changed in a sentence alone; a sentence of a form that is not here is its own name's first word. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^(\w+) was removed from (?:union|enum) type (\w+)/, '$2.$1'],
  [/^A required field (\w+) on input type (\w+)/, '$2.$1'],
  [/^A required arg \w+ on (\w+\.\w+)/, '$1'],
  [/^A required arg \w+ on directive (\w+)/, '$1'],
  [/^(?:\w+|Repeatable flag) was removed from (\w+)\.$/, '$1'],
  [/^Standard scalar (\w+)/, '$1'],
  [/^(\w+(?:\.\w+)?)/, '$1'],
];

function nameIn(description: string): string {
  const form = FORMS.find(([pattern]) => pattern.test(description));
  const found = form?.[0].exec(description)?.[0];
  return form && found !== undefined ? found.replace(...form) : description;
}

/** A router that asks by a key which is gone gets nothing: graphql-js does not look at directives. */
function removedKeys(before: GraphQLSchema, after: GraphQLSchema): BreakingChange[] {
  return Object.keys(before.getTypeMap()).flatMap((name) => {
    const kept = keysOf(after, name);
    return [...keysOf(before, name)]
      .filter((key) => !kept.has(key) && after.getType(name) !== undefined)
      .map((key) => ({ name, description: `The key { ${key} } was removed from ${name}.` }));
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
