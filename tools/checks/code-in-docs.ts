/**
 * Writes the code of examples into the pages: below each line of docs that only links a file in `examples/`. With `--check` it only
 * compares them.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PLACE = /^\[[^\]\n]+\]\(((?:\.\.\/)+examples\/[^)\n]+)\)$(?:\n\n```(?:ts|json)\n[^]*?^```$)?/gm;

const withCode = (page: string, text: string): string =>
  text.replace(PLACE, (all: string, linked: string) => {
    const path = join(dirname(page), linked);
    const [line = ''] = all.split('\n', 1);
    return `${line}\n\n\`\`\`${extname(path).slice(1)}\n${readFileSync(path, 'utf8')}\`\`\``;
  });

for (const name of globSync('docs/**/*.md', { cwd: ROOT })) {
  const page = join(ROOT, name);
  const text = readFileSync(page, 'utf8');
  const current = withCode(page, text);
  if (text === current) continue;
  if (!process.argv.includes('--check')) writeFileSync(page, current);
  else {
    process.stderr.write(`${name} differs from the code that it links: run npm run docs\n`);
    process.exitCode = 1;
  }
}
