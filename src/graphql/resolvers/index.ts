import type { Resolvers } from '../generated/resolvers.ts';
import { dateTimeScalar, jsonScalar } from '../scalars.ts';
import { query } from './query.ts';
import { run } from './run.ts';
import { step } from './step.ts';
import { workflow } from './workflow.ts';

/** One entry a type. A type that is not here has only fields that are simply there. */
export const resolvers: Resolvers = {
  DateTime: dateTimeScalar,
  JSON: jsonScalar,
  Query: query,
  Workflow: workflow,
  Run: run,
  Step: step,
};
