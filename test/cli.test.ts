/** The command line as a process of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '../src/config/config.ts';
import { readSettingsFile } from '../src/config/settings.ts';
import { ENVIRONMENT } from '../src/config/variables.ts';
import { runCommand, startProcess, type GatewayProcess } from './support/process.ts';

const COMMANDS = [[], ['check'], ['print-schema']] as const;

describe('the command line', () => {
  it('says how it is used, of each command, also where the settings are wrong', async () => {
    for (const command of COMMANDS) {
      for (const flag of ['--help', '-h']) {
        const { code, stdout, stderr } = await runCommand([...command, flag], { PORT: 'wrong' });
        expect([code, stderr]).toEqual([0, '']);
        expect(stdout).toMatch(/^Usage: stepgate/);
      }
    }
  });

  it('says its version, and prints the schema', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    for (const flag of ['--version', '-v']) {
      expect(await runCommand([flag], {})).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    }
    const stdout = readFileSync('schema.graphql', 'utf8');
    expect(await runCommand(['print-schema'], {})).toEqual({ code: 0, stdout, stderr: '' });
  });

  it.each([
    [['chek'], 'Expected no command, check or print-schema; got "chek".'],
    [['--nope'], "Unknown option '--nope'"],
    [['check', '--nope'], "Unknown option '--nope'"],
    [['print-schema', '--nope'], "Unknown option '--nope'"],
    [['print-schema', 'more'], "Unexpected argument 'more'"],
    [['check', 'more'], "Unexpected argument 'more'"],
    [['--config', 'a', 'check'], "Unexpected argument 'check'"],
    [['--config'], "Option '--config <value>' argument missing"],
    [['--version=1'], "Option '-v, --version' does not take an argument"],
  ])('refuses %j with a sentence and the usage', async (args, sentence) => {
    const { code, stdout, stderr } = await runCommand(args, {});
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain('Usage: stepgate');
  });
});

describe('--config', () => {
  let folder: string;
  let gateway: GatewayProcess | undefined;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepgate-config-'));
  });
  afterEach(async () => {
    gateway?.child.kill('SIGKILL');
    await gateway?.exited;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (text: string): string => {
    const file = join(folder, 'settings.env');
    writeFileSync(file, text);
    return file;
  };

  it('has the settings that the environment does not have', async () => {
    const file = write(
      '# a comment\n\nPORT=wrong\nexport BASE_PATH="/from-file"\nUPSTREAM_ENDPOINTS=steps # only these\n',
    );
    gateway = startProcess({ PORT: '0', BASE_PATH: '' }, ['--config', file]);
    const url = await gateway.url();
    expect((await fetch(`${url}/from-file/healthz`)).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('serves a check, too', async () => {
    const file = write('UPSTREAM_ENDPOINTS=steps,workflows\n');
    const { stdout } = await runCommand(['check', '--config', file], {});
    expect(stdout).toContain('switched off (UPSTREAM_ENDPOINTS)');
  });

  it.each<readonly [string, string]>([
    ['PORT=0\nPROT=1\n', ':2: PROT: expected the name of a setting'],
    ['PORT=0\nnonsense secret-key\n', ':2: expected NAME=value'],
    ['http_proxy=http://x\n', ':1: http_proxy: expected the name of a setting'],
    ['UPSTREAM_API_KEY="two\nlines"\n', ':2: expected NAME=value'],
    ['PORT=wrong\n', 'PORT: expected a whole number from 0 to 65535; got "wrong".'],
    ['constructor=1\n', ':1: constructor: expected the name'],
  ])('of %j stops the start with a sentence', async (text, sentence) => {
    for (const command of [[], ['check']]) {
      const { code, stdout, stderr } = await runCommand([...command, '--config', write(text)], {});
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(sentence);
      expect(stderr).not.toContain('secret-key');
    }
  });

  it.each([
    ['that is not there', 'nowhere.env', 'ENOENT'],
    ['that is a folder', '.', 'EISDIR'],
  ])('of a file %s stops the start with a sentence', async (_, path, reason) => {
    const { code, stderr } = await runCommand(['--config', path], {});
    expect([code, stderr]).toEqual([1, expect.stringContaining(`--config: ${reason}`)]);
  });
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');
  const lines = text.split('\n').filter((line) => /^#\w+=/.test(line));

  it('sets nothing, and names settings that exist with values that are good', () => {
    expect(readSettingsFile(text, '.env.example')).toEqual({});
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const [name = ''] = line.slice(1).split('=');
      expect(Object.keys(ENVIRONMENT.shape)).toContain(name);
    }
    const plain = lines.filter((line) => !/^#(?:AUTH_|GATEWAY_|UPSTREAM_A)/.test(line)).map((line) => line.slice(1));
    expect(readConfig(readSettingsFile(plain.join('\n'), 'file')).isProduction).toBe(true);
  });
});
