/** Which build this is, and its metric. */
import { Gauge, type Registry } from 'prom-client';
import { readVersion } from './version.ts';

export interface BuildInfo {
  readonly version: string;
  /** Of the source; null: unknown. */
  readonly revision: string | null;
}

export function readBuildInfo(revision: string | null): BuildInfo {
  return { version: readVersion(), revision };
}

export function registerBuildInfo(registry: Registry, { version, revision }: BuildInfo): void {
  new Gauge({
    name: 'stepgate_build_info',
    help: 'Always 1. The labels say which version and revision runs on which version of Node',
    labelNames: ['version', 'revision', 'nodejs'],
    registers: [registry],
  }).set({ version, revision: revision ?? 'unknown', nodejs: process.version }, 1);
}
