/** The scripts of package.json. npm gives them to `sh` on Linux and macOS, and to `cmd.exe` on Windows. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { z } from 'zod';

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));
/** Bare words, and strings in double quotes that neither shell expands. */
const WORD = /^(?:[\w./:@=-]+|"[^"$%`\\!]*")$/;

const isProgram = (name: string): boolean => ['node', 'npm'].includes(name) || existsSync(`node_modules/.bin/${name}`);

const isPortable = (script: string): boolean =>
  script.split(/ (?:&&|\|\|) /).every((command) => {
    const words = command.match(/"[^"]*"|\S+/g) ?? [];
    return isProgram(words[0] ?? '') && words.every((word) => WORD.test(word));
  });

it('runs every npm script in both sh and cmd.exe', () => {
  const others = Object.entries(scripts).filter(([, script]) => !isPortable(script));
  expect(others).toEqual([]);
  expect(Object.keys(scripts).length).toBeGreaterThan(20);
});

it.each(['PORT=0 node x.ts', 'exec node x.ts', "node -e 'x'", 'node x.ts; node y.ts', 'node $HOME/x.ts', './x.sh'])(
  'doesn\'t accept the script "%s" as portable',
  (script) => {
    expect(isPortable(script)).toBe(false);
  },
);

it.each(['test/contract', 'test/fleet/valkey.e2e.test.ts', 'test/domain'])(
  'runs the named tests with `npm test -- %s`',
  (named) => {
    const [, ...words] = scripts.test?.split(' && ').at(-1)?.split(' ') ?? [];
    const { stdout } = spawnSync(process.execPath, [...words, named, '--listTests'], { encoding: 'utf8' });
    const files = stdout.trim().split('\n');
    expect(files.filter((file) => !file.includes(named))).toEqual([]);
  },
);
