import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unannouncedChanges } from '../../scripts/schema-changes.ts';

const RELEASED = `
  directive @key(fields: String!) on OBJECT
  directive @note(text: String) on OBJECT
  scalar Text
  union Any = Run | Step
  enum Color { RED GREEN }
  input Filter { color: Color }
  type Query { run(id: ID): Run any: Any color(filter: Filter): Color }
  type Run @key(fields: "id") { id: ID! status: String! statusWord: Text }
  type Step { id: ID! }
`;
const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- `Run.status` and `Run` are new.\n\n## 0.1.0\n\n- The first.\n';

const announce = (text: string) => CHANGELOG.replace('## Unreleased\n', `## Unreleased\n\n- **Breaking**: ${text}\n`);

const namesOf = (current: string, changelog = CHANGELOG) =>
  unannouncedChanges(RELEASED, current, changelog).map(({ name }) => name);

describe('breaking changes of the schema', () => {
  it.each([
    ['a field is removed', 'status: String!', '', 'Run.status'],
    ['a field may be null', 'status: String!', 'status: String', 'Run.status'],
    ['a field needs an argument', 'status: String!', 'status(of: ID!): String!', 'Run.status'],
    ['an argument is removed', 'run(id: ID): Run', 'run: Run', 'Query.run'],
    ['an argument becomes required', 'run(id: ID): Run', 'run(id: ID!): Run', 'Query.run'],
    ['a type becomes another kind', 'scalar Text', 'enum Text { A }', 'Text'],
    ['a value is removed', 'RED GREEN', 'RED', 'Color.GREEN'],
    ['a type leaves a union', 'Run | Step', 'Run', 'Any.Step'],
    ['an input field is required', 'color: Color }', 'color: Color size: Int! }', 'Filter.size'],
    ['a directive is removed', 'directive @note(text: String) on OBJECT', '', 'note'],
    ['an argument of a directive is removed', '@note(text: String)', '@note', 'note'],
    ['an argument of a directive is required', '@note(text: String)', '@note(text: String, by: ID!)', 'note'],
    ['a key is removed', 'type Run @key(fields: "id")', 'type Run', 'Run'],
    ['a key has other fields', '@key(fields: "id")', '@key(fields: "id status")', 'Run'],
  ])('are told by name where %s, until that is announced', (_, before, after, name) => {
    const current = RELEASED.replace(before, after);
    expect(namesOf(current)).toEqual([name]);
    expect(namesOf(current, announce(`\`${name}\` is no more.`))).toEqual([]);
    expect(namesOf(current, announce(`it was time for @${name}.`))).toEqual([]);
  });

  it('are none where something is added', () => {
    const current = RELEASED.replace('status: String!', 'status: String! "New." color(of: ID): Color').replace(
      'RED',
      'RED BLUE',
    );
    expect(namesOf(current)).toEqual([]);
  });

  it('are not announced by a longer name, by a shorter one, by an item that breaks nothing, or by an older release', () => {
    const current = RELEASED.replace('status: String!', '');
    for (const text of ['`Run.statusWord` is gone.', '`Run` is gone.', '`OtherRun.status` is gone.']) {
      expect(namesOf(current, announce(text))).toEqual(['Run.status']);
    }
    const older = CHANGELOG.replace('- The first.', '- **Breaking**: `Run.status` is gone.');
    expect(namesOf(current, older)).toEqual(['Run.status']);
    expect(namesOf(current, '# Changelog\n')).toEqual(['Run.status']);
  });
});

describe('npm run schema:check', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'schema-check-'));
    mkdirSync(join(root, 'docs/schema'), { recursive: true });
    writeFileSync(join(root, 'docs/schema/released.graphql'), RELEASED);
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  function check(current: string, changelog: string) {
    writeFileSync(join(root, 'schema.graphql'), current);
    writeFileSync(join(root, 'CHANGELOG.md'), changelog);
    const script = fileURLToPath(new URL('../../scripts/schema-check.ts', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
    return { status, stderr };
  }

  it('fails for a field that was removed, naming it and saying what to do', () => {
    const { status, stderr } = check(RELEASED.replace('status: String!', ''), CHANGELOG);
    expect(status).toBe(1);
    expect(stderr).toContain('Run.status was removed.');
    expect(stderr).toContain(
      'announce it under\n"## Unreleased" in CHANGELOG.md: "- **Breaking**: …", naming `Run.status`.',
    );
  });

  it('passes where that is announced, and where a field was added', () => {
    expect(check(RELEASED.replace('status: String!', ''), announce('`Run.status` is gone.'))).toEqual({
      status: 0,
      stderr: '',
    });
    expect(check(RELEASED.replace('id: ID!', 'id: ID! more: Int'), CHANGELOG)).toEqual({ status: 0, stderr: '' });
  });
});
