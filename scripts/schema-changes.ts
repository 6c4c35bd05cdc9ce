/** Finds breaking changes between two schemas that the changelog does not announce. */
import { buildSchema, findBreakingChanges, isObjectType, valueFromASTUntyped, type GraphQLSchema } from 'graphql';

/** Lines that the unreleased part of the changelog lacks. Each announces exactly one breaking change. */
export function missingAnnouncements(released: string, current: string, changelog: string): string[] {
  const [before, after] = [buildSchema(released), buildSchema(current)];
  const unreleased = changelog.split(/^## /m).find((section) => /^unreleased/i.test(section)) ?? '';
  const announced = new Set(unreleased.split('\n').map((line) => line.trim()));
  const changes = findBreakingChanges(before, after).map(({ description }) => description);
  return [...changes, ...removedKeys(before, after)]
    .map((change) => `- \`${change}\``)
    .filter((line) => !announced.has(line));
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
