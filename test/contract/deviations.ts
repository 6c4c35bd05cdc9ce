/** Reads the metric of deviations from the wire contract. */

import { scrape } from '../harness/observed.ts';

/** The counts by `field outcome`, such as `steps[].id read`. */
export async function deviationsOf(gatewayUrl: string): Promise<Readonly<Record<string, number>>> {
  return (await scrape(gatewayUrl)).counts('stepgate_upstream_deviations_total');
}

/** The counts that `work` adds. */
export async function deviationsDuring(
  gatewayUrl: string,
  work: () => Promise<unknown>,
): Promise<Readonly<Record<string, number>>> {
  const before = await deviationsOf(gatewayUrl);
  await work();
  const added = Object.entries(await deviationsOf(gatewayUrl)).map(
    ([name, count]) => [name, count - (before[name] ?? 0)] as const,
  );
  return Object.fromEntries(added.filter(([, count]) => count !== 0));
}
