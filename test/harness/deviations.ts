/** The metric of deviations from the wire contract, as a scraper reads it. */

const SAMPLE = /^stepgate_upstream_deviations_total\{field="([^"]*)",outcome="([^"]*)"\} (\S+)$/gm;

/** The counts by `field outcome`, such as `steps[].id read`. */
export async function deviationsOf(gatewayUrl: string): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`${gatewayUrl}/metrics`);
  const samples = (await response.text()).matchAll(SAMPLE);
  return Object.fromEntries([...samples].map(([, field, outcome, count]) => [`${field} ${outcome}`, Number(count)]));
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
