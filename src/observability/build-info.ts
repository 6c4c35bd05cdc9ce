/** Which build this is, and its metric. */
import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';

export interface BuildInfo {
  readonly version: string;
  /** Of the source; null: unknown. */
  readonly revision: string | null;
}

/** `package.json` is beside `src` and beside `dist`. */
const PACKAGE = new URL('../../package.json', import.meta.url);

export function readBuildInfo(revision: string | null): BuildInfo {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { readonly version: string };
  return { version, revision };
}

export function registerBuildInfo(registry: Registry, { version, revision }: BuildInfo): void {
  new Gauge({
    name: 'stepgate_build_info',
    help: 'Always 1. The labels say which version and revision runs on which version of Node',
    labelNames: ['version', 'revision', 'nodejs'],
    registers: [registry],
  }).set({ version, revision: revision ?? 'unknown', nodejs: process.version }, 1);
}
