/** By room. */
import { AUTH } from './auth.ts';
import { DOMAIN } from './domain.ts';
import type { Equivalent } from './equivalent.ts';
import { GRAPHQL } from './graphql.ts';
import { HTTP } from './http.ts';
import { RUNS } from './runs.ts';
import { UPSTREAM } from './upstream.ts';

export type { Equivalent };

export const EQUIVALENT: readonly Equivalent[] = [...AUTH, ...DOMAIN, ...GRAPHQL, ...HTTP, ...RUNS, ...UPSTREAM];
