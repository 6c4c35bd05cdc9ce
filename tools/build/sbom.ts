/** Prints the bundled packages as CycloneDX: those of `npm sbom` that NOTICES.md names. `npm run build` comes first. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Component {
  readonly name: string;
  readonly version: string;
  readonly 'bom-ref': string;
}
interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}
interface Bom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

const text = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx'], { encoding: 'utf8', maxBuffer: 2 ** 28 });
const bom = JSON.parse(text) as Bom;
const bundled = new Set(readFileSync('NOTICES.md', 'utf8').match(/(?<=^## ).* - \d[^ ]*/gm));
const components = bom.components.filter(({ name, version }) => bundled.has(`${name} - ${version}`));

const found = new Set(components.map(({ name, version }) => `${name} - ${version}`));
const missing = [...bundled].filter((name) => !found.has(name));
if (missing.length > 0) throw new Error(`Each bundled package must be installed, got none of ${missing.join(', ')}`);

const known = new Set([bom.metadata.component, ...components].map((component) => component['bom-ref']));
const dependencies = bom.dependencies
  .filter(({ ref }) => known.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => known.has(each)) }));
process.stdout.write(`${JSON.stringify({ ...bom, components, dependencies }, null, 2)}\n`);
