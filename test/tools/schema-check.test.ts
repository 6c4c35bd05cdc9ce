import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { missingAnnouncements, undatedDeprecations } from '../../tools/checks/schema-changes.ts';

const RELEASED = `
  directive @key(fields: String!) on OBJECT
  scalar Text
  enum Color { RED GREEN }
  input Filter { color: Color }
  directive @semanticNonNull(levels: [Int!]! = [0]) on FIELD_DEFINITION
  enum Order { UP DOWN }
  type Query { run(id: ID, order: Order): Run color(filter: Filter): Color }
  type Run @key(fields: "id") { id: ID! status: String! statusWord: Text steps: [Step] @semanticNonNull(levels: [0, 1]) }
  type Step { id: ID! }
`;
const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- `Run.status` and `Run` are new.\n\n## 0.1.0\n\n- The first.\n';

const announce = (...lines: readonly string[]) =>
  CHANGELOG.replace('## Unreleased\n', `## Unreleased\n\n- **Breaking**: why.\n${lines.join('\n')}\n`);

const missing = (current: string, changelog = CHANGELOG) => missingAnnouncements(RELEASED, current, changelog);

describe('breaking changes of the schema', () => {
  it.each([
    ['a field is removed', 'status: String!', '', 'Run.status was removed.'],
    ['a value is added to answers', 'RED GREEN', 'RED GREEN BLUE', 'BLUE was added to enum type Color.'],
    [
      'a field may be null without an error',
      '@semanticNonNull(levels: [0, 1])',
      '',
      'Run.steps may be null without an error.',
    ],
    ['an item may be null without an error', '(levels: [0, 1])', '', 'Run.steps may be null without an error.'],
    ['a key is removed', 'type Run @key(fields: "id")', 'type Run', 'The key { id } was removed from Run.'],
    [
      'a key has other fields',
      '@key(fields: "id")',
      '@key(fields: "id status")',
      'The key { id } was removed from Run.',
    ],
  ])('are reported if %s, until that exact change is announced', (_, before, after, change) => {
    const current = RELEASED.replace(before, after);
    expect(missing(current)).toEqual([`- \`${change}\``]);
    expect(missing(current, announce(`  - \`${change}\``))).toEqual([]);
  });

  it.each([
    ['a value of an argument', 'UP DOWN', 'UP DOWN SIDEWAYS'],
    ['a field that is no longer null', 'statusWord: Text', 'statusWord: Text!'],
    ['a field that is null only with an error', 'statusWord: Text', 'statusWord: Text @semanticNonNull'],
    ['a non-null type in place of the directive', '[Step] @semanticNonNull(levels: [0, 1])', '[Step!]!'],
  ])("don't include %s", (_, before, after) => {
    const current = RELEASED.replace(before, after);
    expect(current).not.toBe(RELEASED);
    expect(missing(current)).toEqual([]);
  });

  it("aren't announced by name only or another change of the field", () => {
    const current = RELEASED.replace('status: String!', '');
    const line = '- `Run.status was removed.`';
    for (const other of [
      '- **Breaking**: `Run.status` is gone.',
      '- Run.status was removed.',
      '- `Run.status changed type from String! to String.`',
      '- `Run.statusWord was removed.`',
    ]) {
      expect(missing(current, announce(other))).toEqual([line]);
    }
    expect(missing(current, CHANGELOG.replace('- The first.', line))).toEqual([line]);
    expect(missing(current, '# Changelog\n')).toEqual([line]);
  });
});

describe('a new deprecation', () => {
  const DATED = '@deprecated(reason: "Use x. Removed after 2027-06-30.")';
  const PLACES = [
    ['Run.status', 'status: String!'],
    ['Query.run(id:)', 'id: ID'],
    ['Filter.color', 'color: Color'],
    ['Color.RED', 'RED'],
  ] as const;
  const marked = (place: string, directive: string) => RELEASED.replace(place, `${place} ${directive}`);

  it.each(PLACES)('needs a date for %s', (name, place) => {
    expect(undatedDeprecations(RELEASED, marked(place, DATED))).toEqual([]);
    const undated = marked(place, '@deprecated(reason: "Use x.")');
    expect(undatedDeprecations(RELEASED, undated)).toEqual([`${name}: "Use x."`]);
    expect(undatedDeprecations(undated, undated)).toEqual([]);
  });

  it.each(['', '(reason: "Removed after 2027-02-30.")', '(reason: "Removed after June.")'])(
    'has an invalid date with @deprecated%s',
    (args) => {
      expect(undatedDeprecations(RELEASED, marked('status: String!', `@deprecated${args}`))).toHaveLength(1);
    },
  );
});

describe('npm run schema:check', () => {
  const SCHEMA = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
  const NAMED = announce('- **Breaking**: `Run.totalElapsedTime` may be null.');
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'schema-check-'));
    mkdirSync(join(root, 'docs/schema'), { recursive: true });
    writeFileSync(join(root, 'docs/schema/released.graphql'), SCHEMA);
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  function check(current: string, changelog: string) {
    writeFileSync(join(root, 'schema.graphql'), current);
    writeFileSync(join(root, 'CHANGELOG.md'), changelog);
    const script = fileURLToPath(new URL('../../tools/checks/schema-check.ts', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
    return { status, stderr };
  }

  it('passes if a type is added', () => {
    expect(check(`${SCHEMA}\ntype Added { id: ID! }\n`, CHANGELOG)).toEqual({ status: 0, stderr: '' });
  });

  it('fails for a deprecation without a date', () => {
    const current = SCHEMA.replace(
      '  totalElapsedTime: Int',
      '  totalElapsedTime: Int @deprecated(reason: "Use timing.")',
    );
    const { status, stderr } = check(current, CHANGELOG);
    expect(status).toBe(1);
    expect(stderr).toContain('Run.totalElapsedTime: "Use timing."');
  });

  it.each([
    ['is renamed', 'totalElapsedSeconds: Int', 'Run.totalElapsedTime was removed.'],
    ['becomes a text', 'totalElapsedTime: String', 'Run.totalElapsedTime changed type from Int to String.'],
  ])('fails if Run.totalElapsedTime %s, until the changelog announces it', (_, after, change) => {
    const current = SCHEMA.replace('  totalElapsedTime: Int', `  ${after}`);
    const line = `  - \`${change}\``;
    const { status, stderr } = check(current, NAMED);
    expect(status).toBe(1);
    expect(stderr).toContain(`"## Unreleased" in CHANGELOG.md, with exactly these lines below it:\n${line}\n`);
    expect(check(current, announce(line))).toEqual({ status: 0, stderr: '' });
  });
});
