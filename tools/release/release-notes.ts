/** Prints release notes: the unreleased part of CHANGELOG.md, then the commits since the last release by their type. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../..'));
const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** Other types change nothing for a user. */
const TITLES = { breaking: 'Breaking', feat: 'Features', fix: 'Fixes', perf: 'Performance' } as const;
const SUBJECT = /^(\w+)(?:\(([^)]*)\))?(!?): (.*)$/;

function unreleased(): string {
  const sections = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m);
  const section = sections.find((text) => text.startsWith('Unreleased\n')) ?? '';
  return section.slice(section.indexOf('\n')).trim();
}

function commits(): { readonly type: string; readonly line: string }[] {
  const [last = ''] = git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname').split('\n');
  // The changelog describes the first release.
  if (last === '') return [];
  const log = git('log', '--no-merges', '--format=%h%x1f%s%x1f%b%x1e', `${last}..HEAD`);
  return log.split('\x1e').flatMap((commit) => {
    const [hash = '', subject = '', body = ''] = commit.trim().split('\x1f');
    const [, type = '', scope, mark, text] = SUBJECT.exec(subject) ?? [];
    const [, breaks] = /^BREAKING[ -]CHANGE: (.*)$/m.exec(body) ?? [];
    if (text === undefined) return [];
    const line = `- ${scope === undefined ? '' : `**${scope}**: `}${breaks ?? text} (${hash})`;
    return [{ type: mark === '!' || breaks !== undefined ? 'breaking' : type, line }];
  });
}

const found = commits();
const sections = Object.entries(TITLES).flatMap(([type, title]) => {
  const lines = found.filter((commit) => commit.type === type).map(({ line }) => line);
  return lines.length > 0 ? [`## ${title}\n\n${lines.join('\n')}`] : [];
});
process.stdout.write(`${[unreleased(), ...sections].filter((part) => part !== '').join('\n\n')}\n`);
