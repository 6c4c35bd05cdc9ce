import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const SCRIPT = fileURLToPath(new URL('../../tools/release/release-notes.ts', import.meta.url));
const AUTHOR = ['-c', 'user.name=A', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];

let root = '';
const git = (...args: readonly string[]) => execFileSync('git', [...AUTHOR, ...args], { cwd: root, encoding: 'utf8' });
const commit = (message: string) => git('commit', '--quiet', '--allow-empty', '-m', message);
const notes = () =>
  execFileSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' }).replaceAll(/\([0-9a-f]{7,}\)/g, '(hash)');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'release-notes-'));
  writeFileSync(join(root, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- News.\n\n## 0.1.0\n\n- Old.\n');
  git('init', '--quiet');
  commit('feat: the first');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

it('takes the notes of the first release from the changelog', () => {
  expect(notes()).toBe('- News.\n');
});

it('lists the commits since the previous release, by type', () => {
  git('tag', 'v0.9.0');
  commit('fix: a released defect');
  git('tag', 'v0.10.0');
  commit('feat(graphql): a field');
  commit('fix: a defect');
  commit('refactor(runs)!: another default');
  commit('perf: less work\n\nMeasured.\n\nBREAKING CHANGE: no more X');
  commit('docs: a page');
  commit('no type');
  expect(notes()).toBe(
    `- News.

## Breaking

- no more X (hash)
- **runs**: another default (hash)

## Features

- **graphql**: a field (hash)

## Fixes

- a defect (hash)
`,
  );
});
