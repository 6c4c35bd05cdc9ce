/** Prints the licences of the packages in node_modules, for the image. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Manifests of packages, not of folders inside them. */
const MANIFEST = /(?:^|\/node_modules\/)(?:@[^/]+\/)?[^/]+\/package\.json$/;
const LICENCE = /^(?:licen[cs]es?|copying|notice)/i;
const filesIn = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesIn(join(path, name))) : [path];

const manifests = readdirSync('node_modules', { recursive: true }).filter((path) => MANIFEST.test(path));

for (const manifest of manifests.sort()) {
  const folder = join('node_modules', dirname(manifest));
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // Some packages have a folder of licences.
  const found = readdirSync(folder).filter((file) => LICENCE.test(file));
  const paths = found.flatMap((file) => filesIn(join(folder, file)));
  const texts = paths.map((path) => readFileSync(path, 'utf8').trim());
  // Some packages only name their licence.
  const by = `By ${author?.name ?? author ?? 'its authors'}.`;
  process.stdout.write(`## ${name} - ${version} (${license})\n\n${texts.length > 0 ? texts.join('\n\n') : by}\n\n`);
}
