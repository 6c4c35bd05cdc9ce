import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readManifests } from '../../src/graphql/operations/manifests.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { startGateway } from '../harness/gateway.ts';

const schema = createSchema();
const NAME = 'query Name { workflow(id: "wf") { name } }';

describe('manifests', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function write(name: string, content: unknown): string {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  const apollo = (operations: unknown, fields: object = {}) => ({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations,
    ...fields,
  });

  it('are read in both forms, one after the other', () => {
    const paths = [
      write('preset.json', { 'sha256:aa': NAME }),
      write('apollo.json', apollo([{ id: 'bb', name: 'Kind', type: 'query', body: '{ __typename }' }])),
      write('same.json', { 'sha256:aa': NAME }),
    ];
    expect([...readManifests(paths, schema)]).toEqual([
      ['sha256:aa', NAME],
      ['bb', '{ __typename }'],
    ]);
    const ofThePage = 'src/web/__generated__/persisted-documents.json';
    const documents = JSON.parse(readFileSync(ofThePage, 'utf8')) as Record<string, string>;
    expect(Object.fromEntries(readManifests([ofThePage], schema))).toEqual(documents);
  });

  const aliases = Array.from({ length: 101 }, (_, at) => `a${at}: __typename`).join(' ');
  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'expected JSON, got something else'],
    ['a list', [], 'expected {"<hash>": "<document>", …} or'],
    ['no texts', { aa: 7 }, 'expected {"<hash>": "<document>", …} or'],
    ['another version', apollo([], { version: 2 }), 'expected {"<hash>": "<document>", …} or'],
    ['a format alone', { format: 'another' }, 'expected {"<hash>": "<document>", …} or'],
    ['an operation without a body', apollo([{ id: 'aa' }]), 'expected {"<hash>": "<document>", …} or'],
    ['an unknown field', { aa: 'query\n  Q { colour }' }, 'Q (aa): Cannot query field "colour" on type "Query".'],
    ['bad syntax', { aa: 'query Q {' }, 'Q (aa): Syntax Error: Expected Name, found <EOF>.'],
    [
      'too many tokens',
      { aa: `query Q { ${'a '.repeat(5001)} }` },
      'Q (aa): Syntax Error: Document contains more that 5000',
    ],
    ['a fragment alone', { aa: 'fragment F on Run { id }' }, 'an operation without a name (aa): it holds no operation'],
    [
      'more than is allowed',
      { aa: `query Q { ${aliases} }` },
      'Q (aa): This operation has 101 aliases; at most 100 are allowed.',
    ],
    [
      'one id twice',
      apollo([
        { id: 'aa', body: NAME },
        { id: 'aa', body: 'query Other { __typename }' },
      ]),
      'Other (aa): another document has the same id',
    ],
  ])('stop the start with %s, by name', async (_, content, problem) => {
    const path = write('bad.json', content);
    const starting = startGateway({ PERSISTED_OPERATIONS: 'allow', PERSISTED_MANIFESTS: path });
    await expect(starting).rejects.toThrow(`PERSISTED_MANIFESTS: ${path}: ${problem}`);
  });

  it('stop the start where there is no such file', () => {
    const path = join(folder, 'none.json');
    expect(() => readManifests([path], schema)).toThrow(`PERSISTED_MANIFESTS: ${path}: it can't be read: ENOENT`);
  });
});
