/** The command line as a separate process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCommandLine, readVariables } from '../src/cli/command-line.ts';
import { ConfigError, readConfig } from '../src/config/config.ts';
import { readSettingsFile } from '../src/config/environment.ts';
import { UsageError } from '../src/config/usage.ts';
import { VARIABLES } from '../src/config/settings-table.ts';
import { type GatewayProcess, runCommand, startProcess } from './harness/process.ts';

const COMMANDS = [[], ['check'], ['print-schema']] as const;

/** All at once. */
const runCommands = (lines: readonly (readonly string[])[], environment: Readonly<Record<string, string>> = {}) =>
  Promise.all(lines.map((args) => runCommand(args, environment)));

describe('the command line', () => {
  it('prints usage, even with invalid settings', async () => {
    const lines = COMMANDS.flatMap((command) => ['--help', '-h'].map((flag) => [...command, flag]));
    for (const { code, stdout, stderr } of await runCommands(lines, { PORT: 'wrong' })) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: stepgate/);
    }
  });

  it('prints its version and the schema', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    const schema = readFileSync('schema.graphql', 'utf8');
    expect(await runCommands([['--version'], ['-v'], ['print-schema']])).toEqual(
      [`${version}\n`, `${version}\n`, schema].map((stdout) => ({ code: 0, stdout, stderr: '' })),
    );
  });

  it.each([
    [['--nope'], "Unknown option '--nope'"],
    [['print-schema', '--nope'], "Unknown option '--nope'"],
    [['print-schema', 'more'], "Unexpected argument 'more'"],
    [['--config', 'a', 'check'], "Unexpected argument 'check'"],
    [['--config'], "Option '--config <value>' argument missing"],
    [['--version=1'], "Option '-v, --version' does not take an argument"],
  ])('rejects %j with the reason', (args, sentence) => {
    expect(() => readCommandLine(args)).toThrow(UsageError);
    expect(() => readCommandLine(args)).toThrow(sentence);
  });

  it('prints reason and usage for an unknown command, option or argument', async () => {
    const refused = await runCommands([['chek'], ['check', '--nope'], ['check', 'more']]);
    const sentences = [
      'The command must be check or print-schema, or omitted, got "chek".',
      "'--nope'",
      "argument 'more'",
    ];
    for (const [index, { code, stdout, stderr }] of refused.entries()) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(sentences[index]);
      expect(stderr).toContain('Usage: stepgate');
    }
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

  it("provides settings that the environment doesn't set", async () => {
    const file = write(
      '# a comment\n\nPORT=wrong\nexport BASE_PATH="/from-file"\nUPSTREAM_ENDPOINTS=steps # only these\n',
    );
    gateway = startProcess({ PORT: '0', BASE_PATH: '' }, ['--config', file]);
    const url = await gateway.url();
    expect((await fetch(`${url}/from-file/healthz`)).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('applies to `check`', async () => {
    const file = write('UPSTREAM_ENDPOINTS=steps,workflows\n');
    const { stdout } = await runCommand(['check', '--config', file], {});
    expect(stdout).toContain('disabled (UPSTREAM_ENDPOINTS)');
  });

  it.each<readonly [string, string]>([
    ['PORT=0\nPROT=1\n', ':2: PROT is not a setting'],
    ['PORT=0\nnonsense secret-key\n', ':2 must be NAME=value'],
    ['http_proxy=http://x\n', ':1: http_proxy is not a setting'],
    ['UPSTREAM_API_KEY="two\nlines"\n', ':2 must be NAME=value'],
    ['PORT=wrong\n', 'PORT must be a whole number from 0 to 65535, got "wrong".'],
    ['constructor=1\n', ':1: constructor is not a setting'],
  ])('rejects a settings file with %j without revealing its secrets', (text, sentence) => {
    const read = () => readConfig(readVariables(write(text), {}));
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(sentence);
    expect(read).not.toThrow('secret-key');
  });

  // `\s` matches each of these but the last, and none is a blank for parseEnv.
  const ODD_BLANKS = ['\uFEFF', '\u00A0', '\u2003', '\v', '\f', '\u200B'] as const;

  it('reads each line, or rejects it by its number', () => {
    const blank = fc.constantFrom('', ' ', '\t', '  ', ...ODD_BLANKS);
    const line = fc.tuple(blank, fc.constantFrom('', 'export '), fc.constantFrom('HOST', 'PORT'), blank, blank);
    const end = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(line, end, fc.boolean(), ([before, word, name, after, value], newline, hasMark) => {
        const text = `${hasMark ? '\uFEFF' : ''}${before}${word}${name}${after}=${value}${newline}SANDBOX=off${newline}`;
        try {
          expect(readSettingsFile(text, 'file')).toEqual({ [name]: value.replace(/^[ \t]+$/, ''), SANDBOX: 'off' });
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          expect(error.message).toMatch(/^file:1[ :][^\n]*$/);
          expect(ODD_BLANKS.some((odd) => `${before}${after}`.includes(odd))).toBe(true);
        }
      }),
    );
  });

  it.each([
    'secret#key',
    '#secret-key',
    '"secret',
    '"secret"key',
    "'secret' key",
    String.raw`"secret\"key"`,
    'name="secret#key"',
  ])('rejects a file if part of the value %s would be lost', (value) => {
    const read = () => readSettingsFile(`PORT=0\nUPSTREAM_API_KEY=${value}\n`, 'file');
    expect(read).toThrow(/^file:2 must be NAME=value, .* quotes around a value/);
    expect(read).not.toThrow('secret');
  });

  it.each([
    ['"secret#key"', 'secret#key'],
    ["'secret # key' # of the sample", 'secret # key'],
    ['`a "secret"`', 'a "secret"'],
    ["secret key's end # of the sample", "secret key's end"],
    [' # none', ''],
    ['secret"key', 'secret"key'],
  ])('reads the value %s', (value, read) => {
    expect(readSettingsFile(`UPSTREAM_API_KEY=${value}\n`, 'file')).toEqual({ UPSTREAM_API_KEY: read });
  });

  it('stops start and check if the settings file is invalid or missing', async () => {
    const file = write('PORT=0\nPROT=1\n');
    const lines = [
      ['--config', file],
      ['check', '--config', file],
      ['--config', 'nowhere.env'],
      ['--config', '.'],
    ];
    const wrongLine = ':2: PROT is not a setting';
    const sentences = [wrongLine, wrongLine, '--config: ENOENT', '--config: EISDIR'];
    for (const [index, { code, stdout, stderr }] of (await runCommands(lines)).entries()) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(sentences[index]);
    }
  });
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');
  const lines = text.split('\n').filter((line) => /^#\w+=/.test(line));

  it('sets nothing, and lists only existing settings with valid values', () => {
    expect(readSettingsFile(text, '.env.example')).toEqual({});
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const [name = ''] = line.slice(1).split('=');
      expect([...VARIABLES.keys()]).toContain(name);
    }
    const plain = lines.filter((line) => !/^#(?:AUTH_|GATEWAY_|UPSTREAM_A)/.test(line)).map((line) => line.slice(1));
    expect(readConfig(readSettingsFile(plain.join('\n'), 'file')).isProduction).toBe(true);
  });
});
