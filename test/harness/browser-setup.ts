/** Global set-up of end-to-end tests: also builds the page for development, and installs their packages and the browser. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { installIn } from '../../tools/build/in-package.ts';
import setUp from './global-setup.ts';
import { CHROMIUM_PATH, PAGE_FOLDER } from './set-up-variables.ts';

const PEERS = join(import.meta.dirname, '../peers');

/** Returns the path, or an empty string if the browser cannot be unpacked here. */
function chromiumPath(): string {
  try {
    return execFileSync(process.execPath, [join(PEERS, 'chromium.mjs')], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

export default function setUpBrowser(): void {
  setUp();
  installIn(PEERS);
  for (const example of ['bullmq', 'mastra']) installIn(join(import.meta.dirname, '../../examples', example));
  execFileSync(process.execPath, ['tools/build/build-page.ts', '--development'], { stdio: 'inherit' });
  process.env[PAGE_FOLDER] = join(import.meta.dirname, '../../dist/page-development');
  process.env[CHROMIUM_PATH] = chromiumPath();
}
