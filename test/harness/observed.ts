/** What a gateway reports about itself, as a test reads it: its log, its metrics, and the lists in the docs. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import type { Logger } from '../../src/observability/logger.ts';

export type Line = Readonly<Record<string, unknown>>;

export interface CapturedLog {
  readonly logger: Logger;
  readonly lines: readonly Line[];
  /** The lines of operations. */
  readonly operations: readonly Line[];
  readonly text: string;
}

/** Without the redaction of the real one, so that nothing can hide behind it. */
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
  /** The families' names. */
  readonly names: readonly string[];
  readonly samples: readonly Sample[];
  /** The one sample of that name and those labels; NaN if there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
  /** All samples of that name which are not 0, by their labels' values. */
  counts(name: string): Readonly<Record<string, number>>;
}

export async function scrape(gatewayUrl: string): Promise<Scrape> {
  const response = await fetch(`${gatewayUrl}/metrics`);
  return readFigures(await response.text());
}

/** Of text in Prometheus' format. */
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

/** The cells of every row under a heading of docs/observability.md, heads of tables left out. */
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
