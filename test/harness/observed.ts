/** The gateway's log and metrics, and the tables in the docs, as tests read them. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import type { Logger } from '../../src/observability/logger.ts';

export type Line = Readonly<Record<string, unknown>>;

export interface CapturedLog {
  readonly logger: Logger;
  readonly lines: readonly Line[];
  /** The log lines of operations. */
  readonly operations: readonly Line[];
  readonly text: string;
}

/** Without the real log's redaction, which could hide secrets from the tests. */
export function captureLog(level: string): CapturedLog {
  const written: string[] = [];
  const parsed = () => written.map((line) => JSON.parse(line) as Line);
  return {
    logger: pino({ level }, { write: (line) => void written.push(line) }),
    get lines() {
      return parsed();
    },
    get operations() {
      return parsed().filter(({ msg }) => msg === 'operation');
    },
    get text() {
      return written.join('');
    },
  };
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Scrape {
  readonly text: string;
  /** The names of the families. */
  readonly names: readonly string[];
  readonly samples: readonly Sample[];
  /** The sample of this name and these labels; NaN if there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
  /** All samples of this name that are not 0, by the values of their labels. */
  counts(name: string): Readonly<Record<string, number>>;
}

export async function scrape(gatewayUrl: string): Promise<Scrape> {
  const response = await fetch(`${gatewayUrl}/metrics`);
  return readFigures(await response.text());
}

/** Parses Prometheus' text format. */
export function readFigures(text: string): Scrape {
  const lines = text.split('\n');
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#')).map(readSample);
  return {
    text,
    names: lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []),
    samples,
    value: (name, labels = {}) =>
      samples.find(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value ?? NaN,
    counts: (name) =>
      Object.fromEntries(
        samples
          .filter((sample) => sample.name === name && sample.value !== 0)
          .map(({ labels, value }) => [Object.values(labels).join(' '), value]),
      ),
  };
}

function readSample(line: string): Sample {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']) => [label, text] as const);
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}

/** The cells of each row under a heading of docs/observability.md, without table headers. */
export function rowsOf(heading: string): readonly (readonly string[])[] {
  const page = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`expected a heading "${heading}" in docs/observability.md; write it`);
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `') || line.startsWith('| an '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** All words in backticks. */
export const wordsIn = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
