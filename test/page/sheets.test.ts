/** The look of a page must not depend on which other pages have been loaded before it. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = new URL('../../src/web/', import.meta.url).pathname;
const pathsOf = (pattern: string): string[] => globSync(pattern, { cwd: ROOT }).sort();
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Files that load with each file, by import statements. A part that is loaded later is a file of its own. */
function loadedWith(path: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(path)) return found;
  found.add(path);
  if (!/\.tsx?$/.test(path)) return found;
  const text = textOf(path);
  for (const [, name = ''] of text.matchAll(/^(?:import(?! type)[^;]*?|export [^;]*? from )'(\.[^']+)'/gm))
    loadedWith(join(dirname(path), name), found);
  return found;
}

/** Classes that have rules wherever they are: `.panel`, but not `.home .panel`. */
function classesIn(sheet: string): string[] {
  const rules = textOf(sheet)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/@(?:media|supports)[^{]*\{/g, '');
  const selectors = [...rules.matchAll(/([^{}]+)\{/g)].flatMap(([, list = '']) => list.split(','));
  return selectors.flatMap((selector) => /^\s*[a-z]*\.([\w-]+)(?:[.:][\w().-]+)*\s*$/.exec(selector)?.[1] ?? []);
}

const classNamesIn = (component: string): string[] =>
  [...textOf(component).matchAll(/className=(?:"([^"]*)"|\{([^}]*)\})/g)].flatMap(([, text, code = '']) => {
    const texts = text === undefined ? [...code.matchAll(/[`'"]([^`'"]*)[`'"]/g)].map(([, one = '']) => one) : [text];
    return texts.flatMap((one) => one.split(/\s+/));
  });

it('The sheet of each class is loaded with the folder of the component that uses it', () => {
  const sheetsOf = new Map<string, string[]>();
  for (const sheet of pathsOf('**/*.css'))
    for (const name of classesIn(sheet)) sheetsOf.set(name, [...(sheetsOf.get(name) ?? []), sheet]);
  const always = loadedWith('main.tsx');
  const missing = pathsOf('*/**/*.tsx').flatMap((component) => {
    const folder = new Set(
      pathsOf(`${component.split('/')[0] ?? ''}/**/*.tsx`).flatMap((path) => [...loadedWith(path)]),
    );
    return classNamesIn(component)
      .filter((name) => sheetsOf.get(name)?.every((sheet) => !folder.has(sheet) && !always.has(sheet)))
      .map((name) => `${component}: ${name} of ${sheetsOf.get(name)?.join() ?? ''}`);
  });
  expect(missing).toEqual([]);
});
