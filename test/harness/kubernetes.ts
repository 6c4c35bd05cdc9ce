/** The manifests of deploy/kubernetes. */
import { readdirSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { readProjectFile } from './compose.ts';

const FOLDER = 'deploy/kubernetes';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

export const readYaml = (file: string): unknown[] =>
  parseAllDocuments(readProjectFile(`${FOLDER}/${file}`)).map((document) => document.toJS() as unknown);

export const FILES = readdirSync(new URL(`../../${FOLDER}/`, import.meta.url)).filter(
  (file) => file !== 'kustomization.yaml',
);
export const MANIFESTS = FILES.flatMap((file) => readYaml(file) as Manifest[]);
