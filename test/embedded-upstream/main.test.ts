import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../../src/embedded-upstream/main.ts', import.meta.url));

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

function start(port: string): ChildProcess {
  child = spawn(process.execPath, [MAIN], {
    env: { UPSTREAM_PORT: port, HOST: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child;
}

const firstText = async (stream: NodeJS.ReadableStream | null): Promise<string> => {
  if (!stream) throw new Error('expected a pipe');
  const [text] = (await once(stream, 'data')) as [Buffer];
  return text.toString();
};

describe('npm run upstream', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('prints where it listens, answers, and closes on %s', async (signal) => {
    const child = start('0');
    const line = await firstText(child.stdout);
    expect(line).toMatch(/^Embedded upstream on http:\/\/127\.0\.0\.1:\d+ \(keys: demo-key, other-key\)\n$/);
    const url = /http:\S+/.exec(line)?.[0] ?? '';
    const response = await fetch(`${url}/workflows`, { headers: { authorization: 'Bearer demo-key' } });
    expect(response.status).toBe(200);
    await response.text();
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('refuses a port that is none', async () => {
    const child = start('http');
    expect(await firstText(child.stderr)).toBe('UPSTREAM_PORT: expected a number from 0 to 65535, got "http"\n');
    expect(await once(child, 'exit')).toEqual([1, null]);
  });
});
