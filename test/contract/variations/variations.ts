/** All variations of the wire that the gateway is known to meet, in the order of docs/upstream.md. */
import { OF_BODIES } from './of-bodies.ts';
import { OF_RECORDS, OF_WORKFLOWS } from './of-other-calls.ts';
import { OF_STEPS } from './of-steps.ts';
import type { Variation } from './variation.ts';

export const VARIATIONS: readonly Variation[] = [...OF_STEPS, ...OF_RECORDS, ...OF_WORKFLOWS, ...OF_BODIES];
