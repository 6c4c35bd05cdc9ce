/** Global set-up, once for all workers: builds the run page if it is stale. */
import { execFileSync } from 'node:child_process';

export default function setUp(): void {
  execFileSync(process.execPath, ['tools/build/build-page.ts'], { stdio: 'inherit' });
}
