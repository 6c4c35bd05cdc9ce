/** axe-core in the page of a browser. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from './browser.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** `colours`: a theme changes them and nothing else. */
const WHAT = {
  all: "{ resultTypes: ['violations'] }",
  colours:
    "{ resultTypes: ['violations'], runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }",
};

async function run(page: Page, what: keyof typeof WHAT): Promise<string[]> {
  // Through the debugger, since the page's own policy lets no foreign script in.
  await page.evaluate(AXE);
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run(${WHAT[what]}).then(({ violations }) => violations)`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** What axe finds on a page, each with the element. */
export const violationsOf = (page: Page, theme: 'light' | 'dark'): Promise<string[]> =>
  run(page, theme === 'light' ? 'all' : 'colours');

/** On a small screen and on a wide one: everything at one width in each theme, and colours at the other. */
export async function violationsAtBothWidths(page: Page, theme: 'light' | 'dark'): Promise<string[]> {
  const found: string[] = [];
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    const what = (width === 360) === (theme === 'dark') ? 'all' : 'colours';
    found.push(...(await run(page, what)).map((violation) => `${width} px, ${violation}`));
  }
  return found;
}
