/** Runs axe-core in the page of a browser. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from './playwright.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** `colours`: only the rules that a theme can affect. */
const WHAT = {
  all: "{ resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }",
  colours:
    "{ resultTypes: ['violations'], runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }",
};

/** All rules at one width in each theme, and colours at the other width. */
const APPEARANCES = [
  { width: 1280, theme: 'light', what: 'all' },
  { width: 360, theme: 'light', what: 'colours' },
  { width: 360, theme: 'dark', what: 'all' },
  { width: 1280, theme: 'dark', what: 'colours' },
] as const;

/** Returns the violations that axe finds at each width and theme, each with its element. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Through the debugger, since the page's own policy lets no foreign script in.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(AXE);
  const found: string[] = [];
  for (const { width, theme, what } of APPEARANCES) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    const violations = await page.evaluate<readonly Violation[]>(
      `axe.run(${WHAT[what]}).then(({ violations }) => violations)`,
    );
    for (const { id, nodes } of violations) {
      found.push(...nodes.map(({ html, failureSummary }) => `${width} px, ${theme}, ${id}: ${html} ${failureSummary}`));
    }
  }
  return found;
}
