/** Compares the inputs of a group's failed runs with those of completed runs from the same period. Makes no call. */
import { commonInputs, type ComparedInputs } from '../../domain/inputs/common-inputs.ts';
import type { FailureGroup } from '../../domain/workflow/failure-groups.ts';
import { startOf } from '../../domain/workflow/group-history.ts';
import { maxOf, minOf } from '../../domain/order.ts';
import type { RunRecord } from '../../domain/types.ts';
import { inPieces } from '../../runtime/in-pieces.ts';
import type { Context } from '../context.ts';
import type { CommonInputsOfGroup } from '../object-references.ts';
import type { Examination } from './examination.ts';

export async function commonInputsOf(
  { workflowId, runIds }: FailureGroup,
  { all }: Examination,
  context: Context,
): Promise<CommonInputsOfGroup> {
  const ids = new Set(runIds);
  const started = all.filter((record) => startOf(record) !== null);
  const starts = started.filter(({ id }) => ids.has(id)).map((record) => startOf(record) ?? 0);
  const [first, last] = [minOf(starts), maxOf(starts)];
  // Otherwise, the effect of a deployment or fix would be attributed to an input.
  const isBetween = (start: number) => start >= first && start <= last;
  const compared = started
    .filter((record) => ids.has(record.id) || (record.status === 'COMPLETED' && isBetween(startOf(record) ?? 0)))
    .sort((a, b) => (startOf(a) ?? 0) - (startOf(b) ?? 0));
  const read = await Promise.all(compared.map((record) => readInputs(record, ids.has(record.id), context)));
  const work = commonInputs(read.flatMap((each) => each ?? []));
  const found = await inPieces(work, () => context.ticket.nextTurn());
  return { ...found, nodes: found.nodes.map((node) => ({ ...node, workflowId })) };
}

/** Returns null if the inputs aren't an object. Groups of one workflow share what is read. */
async function readInputs(
  { id, payload }: RunRecord,
  isFailed: boolean,
  { inputValues, payloads, budgets }: Context,
): Promise<ComparedInputs | null> {
  const inputs = await inputValues(payload, async () => {
    const values = await payloads.ask(payload.body, { name: 'inputValues', args: { index: payload.index } });
    budgets.takeValues(values?.values.length ?? 0);
    return values;
  });
  return inputs && { runId: id, isFailed, inputs };
}
