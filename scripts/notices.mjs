/** Prints the licences of what is in node_modules, for the image. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of packages, not of folders inside them. */
const MANIFEST = /(?:^|\/node_modules\/)(?:@[^/]+\/)?[^/]+\/package\.json$/;
const manifests = readdirSync('node_modules', { recursive: true }).filter((path) => MANIFEST.test(path));

for (const manifest of manifests.sort()) {
  const folder = join('node_modules', dirname(manifest));
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  // Some packages only name their licence.
  const by = `By ${author?.name ?? author ?? 'its authors'}.`;
  process.stdout.write(`## ${name} - ${version} (${license})\n\n${texts.length > 0 ? texts.join('\n\n') : by}\n\n`);
}
