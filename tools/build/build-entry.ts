/**
 * Writes `dist/library.js`, the entry of the library: it checks the version of Node before it loads the rest. An older Node fails to
 * link that, with a sentence about zlib.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const dist = join(import.meta.dirname, '../../dist');
const library = (await import(pathToFileURL(join(dist, 'index.js')).href)) as object;
const names = Object.keys(library).filter((name) => name !== 'default');

writeFileSync(
  join(dist, 'library.js'),
  `import problem from '../bin/node-version.cjs';

if (problem !== null) throw new Error(\`\${problem} Install Node 24.\`);

export const { default: stepgate, ${names.join(', ')} } = await import('./index.js');
export default stepgate;
`,
);
