/** Prints the bundled packages as CycloneDX: those of `npm sbom` that NOTICES.md names. `npm run build` comes first. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Component {
  /** Such as `react-is@18.3.1`. `name` may be an alias of another package's. */
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
const notices = readFileSync('NOTICES.md', 'utf8').matchAll(/^## (.*) - (\d[^ ]*)/gm);
const bundled = new Set(Array.from(notices, ([, name = '', version = '']) => `${name}@${version}`));

const refs = new Set(bom.components.map((component) => component['bom-ref']));
const missing = [...bundled].filter((ref) => !refs.has(ref));
if (missing.length > 0) throw new Error(`Each bundled package must be installed, got none of ${missing.join(', ')}`);

const components = bom.components
  .filter((component) => bundled.has(component['bom-ref']))
  .map((component) => ({ ...component, name: component['bom-ref'].replace(/@[^@]+$/, '') }));
const known = bundled.union(new Set([bom.metadata.component['bom-ref']]));
const dependencies = bom.dependencies
  .filter(({ ref }) => known.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => known.has(each)) }));
process.stdout.write(`${JSON.stringify({ ...bom, components, dependencies }, null, 2)}\n`);
