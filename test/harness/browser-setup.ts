/**
 * Global set-up of browser tests: also builds the page for development, and installs and unpacks the browser once for all
 * workers. Only loading it takes half a second.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CHROMIUM_PATH } from './browser.ts';
import setUp from './global-setup.ts';
import { PAGE_FOLDER } from './page-folder.ts';

const BROWSER = join(import.meta.dirname, '../browser');

/** Empty if the browser cannot be installed or unpacked here. */
function chromiumPath(): string {
  try {
    if (!existsSync(join(BROWSER, 'node_modules'))) {
      const words = ['--prefix', BROWSER, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
      execFileSync('npm', words, { stdio: 'inherit' });
    }
    return execFileSync(process.execPath, [join(BROWSER, 'chromium.mjs')], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

export default function setUpBrowser(): void {
  setUp();
  execFileSync(process.execPath, ['tools/build/build-page.ts', '--development'], { stdio: 'inherit' });
  process.env[PAGE_FOLDER] = join(import.meta.dirname, '../../dist/page-development');
  process.env[CHROMIUM_PATH] = chromiumPath();
}
