import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../src/config/config.ts';
import { KEPT_TEXTS } from '../src/domain/redaction/kept-texts.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const isMarkdown = (name: string): boolean => name.endsWith('.md');
const inFolder = (folder: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter(isMarkdown)
    .map((name) => `${folder}/${name}`);
const PAGES = [
  ...readdirSync(ROOT).filter(isMarkdown),
  'bench/README.md',
  ...['docs', 'docs/clients', 'docs/decisions'].flatMap(inFolder),
];
/** Code blocks contain no links, and a `#` in them is not a heading. */
const prose = (path: string): string => read(path).replaceAll(/^```[\s\S]*?^```/gm, '');

/** As GitHub writes them. */
const anchorsOf = (path: string): string[] =>
  [...prose(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(PAGES)('the page %s', (page) => {
  it('links only to existing files and headings', () => {
    const broken = [...prose(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].filter(
      ([, path = '', anchor]) => {
        const target = path === '' ? page : join(dirname(page), path);
        return !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
      },
    );
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

it('starts the gateway in examples only with valid variables', () => {
  const started = PAGES.flatMap((page) => [...read(page).matchAll(/^ *((?:[A-Z\d_]+=\S+ )+)npm start/gm)]);
  for (const [, settings = ''] of started) {
    const assigned = [...settings.matchAll(/\b([A-Z][A-Z\d_]+)=([^\s`]+)/g)].map(([, name, value]) => [name, value]);
    expect(() => readConfig(Object.fromEntries(assigned) as Record<string, string>)).not.toThrow();
  }
  expect(started.length).toBeGreaterThan(1);
});

it('names only existing tests on each page', () => {
  const named = PAGES.flatMap((page) => [...read(page).matchAll(/`(test\/[\w/.-]+)`/g)].map(([, path = '']) => path));
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

it.each(['docs/bounds.md', 'docs/security.md'])('names only existing tests in the tables of %s', (page) => {
  const cells = [...read(page).matchAll(/^\| .* \| ([^|]+) \|$/gm)].map(([, cell = '']) => cell);
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([\w/-]+)`/g)].map(([, name = '']) => name));
  const exists = (name: string) =>
    [name, `test/${name}.test.ts`, `test/${name}.e2e.test.ts`].some((path) => existsSync(join(ROOT, path)));
  expect(named.filter((name) => !exists(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

it('names the Node version of package.json on every page', () => {
  const { engines } = JSON.parse(read('package.json')) as { readonly engines: { readonly node: string } };
  const named = [...PAGES, 'examples/bullmq/README.md', 'examples/mastra/README.md'].flatMap((page) =>
    [...read(page).matchAll(/\bNode\s(?:older\sthan\s)?(\d+\.\d+)/g)].map(([, version = '']) => `>=${version}`),
  );
  expect(named.filter((version) => version !== engines.node)).toEqual([]);
  expect(named.length).toBeGreaterThan(4);
});

it('names each test folder in docs/testing.md', () => {
  const folders = readdirSync(join(ROOT, 'test'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const page = read('docs/testing.md');
  expect(folders.filter(({ name }) => !page.includes(`\`test/${name}\``)).map(({ name }) => name)).toEqual([]);
});

it('lists in docs/redaction.md what `texts` rules keep', () => {
  const [, list = ''] = read('docs/redaction.md').split('## Kept by');
  const namesIn = (place: object): string[] =>
    Object.entries(place).flatMap(([name, inner]) => [name, ...namesIn(inner as object)]);
  const names = new Set(Object.values(KEPT_TEXTS).flatMap(namesIn));
  expect([...names].filter((name) => name !== '[]' && !new RegExp(`[\`.]${name}\\b`).test(list))).toEqual([]);
});

it('links each file of test/writing from docs/testing.md', () => {
  const linked = [...read('docs/testing.md').matchAll(/\(\.\.\/test\/writing\/([^)]+)\)/g)].map(([, name]) => name);
  expect(linked.toSorted()).toEqual(readdirSync(join(ROOT, 'test/writing')));
});

it('limits each decision record to 2 KB', () => {
  const records = inFolder('docs/decisions').filter((path) => /\/\d{4}-/.test(path));
  expect(records.filter((path) => Buffer.byteLength(read(path)) > 2048)).toEqual([]);
  expect(records.length).toBeGreaterThan(5);
});

describe('docs/federation.md', () => {
  const page = read('docs/federation.md');

  it('names the tested version', () => {
    const { dependencies } = JSON.parse(read('examples/routers/package.json')) as { readonly dependencies: unknown };
    const [, version] = /`@graphql-hive\/gateway` (\S+)/.exec(page) ?? [];
    expect(dependencies).toMatchObject({ '@graphql-hive/gateway': version });
  });
});

const CLIENT_PAGES = ['docs/frontend.md', ...inFolder('docs/clients')];

it.each(CLIENT_PAGES)('takes all code in %s from tested files', (path) => {
  const others = read(path).replaceAll(/^\[.+\]\(.+\)\n\n```\w+$/gm, '');
  const languages = [...others.matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
  expect(languages.filter((language) => language !== 'sh')).toEqual([]);
});

describe('the frontend pages', () => {
  it('name the tested versions', () => {
    const { dependencies, devDependencies } = JSON.parse(read('examples/clients/package.json')) as Record<
      'dependencies' | 'devDependencies',
      Readonly<Record<string, string>>
    >;
    const pages = read('docs/frontend.md') + read('docs/clients/versions.md');
    const versions = pages.matchAll(/`([@\w/.-]+)(?:` |@)((?:npm:[\w-]+@)?\d+\.\d+\.\d+)/g);
    const named = [...versions].map(([, name = '', version]) => [name, version]);
    expect(named.length).toBeGreaterThan(10);
    expect({ ...dependencies, ...devDependencies }).toMatchObject(Object.fromEntries(named) as Record<string, string>);
  });

  it('link every recipe file', () => {
    const pages = CLIENT_PAGES.map(read).join('');
    const folders = readdirSync(join(ROOT, 'examples/clients'), { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && !['test', 'node_modules'].includes(entry.name),
    );
    const files = folders.flatMap(({ name }) =>
      readdirSync(join(ROOT, 'examples/clients', name), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `examples/clients/${name}/${entry.name}`),
    );
    expect(files.filter((file) => !pages.includes(`../${file})`))).toEqual([]);
  });
});
