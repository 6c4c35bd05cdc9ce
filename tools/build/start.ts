/** `npm start`: the bundled program, or its sources if development packages are not installed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const isBundled = existsSync(join(import.meta.dirname, '../../dist/main.js'));
await import(isBundled ? '../../dist/main.js' : '../../src/main.ts');
