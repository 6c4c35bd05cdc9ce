/**
 * Why a run failed, as Markdown for colleagues. Strings from the upstream are fenced, because they may contain markup.
 */
import type { ChangePoint } from '../changes/changes.ts';
import { clip } from '../conversation/text.ts';
import { maxOf } from '../order.ts';
import type { Timestamp } from '../timestamp.ts';
import type { GroupHistory } from '../workflow/group-history.ts';

export interface DiagnosedFailure {
  /** Node id, or null if no step failed. */
  readonly nodeId: string | null;
  readonly message: string | null;
  readonly code: string | null;
}

/** How often the failure occurs among the examined runs. */
export interface Occurrence extends Pick<GroupHistory, 'firstSeenAt' | 'firstSeenIsExact' | 'state' | 'returnedAt'> {
  /** Failed runs of the group, including the diagnosed one. */
  readonly count: number;
  /** Finished runs since the failure was first seen, including the diagnosed one. */
  readonly finishedCount: number;
}

export interface DiagnosisText {
  readonly headline: string;
  readonly failure: DiagnosedFailure;
  readonly runId: string;
  /** The name is null if the upstream sends none, or its list of workflows couldn't be read. */
  readonly workflow: { readonly id: string; readonly name: string | null };
  /** Including the diagnosed run. */
  readonly runsExamined: number;
  readonly changes: readonly ChangePoint[];
  /** What the inputs of the failed runs have in common, as sentences. */
  readonly commonInputs: readonly string[];
  /** Ids of other runs with the same failure. */
  readonly alike: readonly string[];
  readonly baseline: { readonly runId: string; readonly isBeforeChange: boolean } | null;
  /** Links, empty if the page's public URL is unknown. */
  readonly links: readonly { readonly name: string; readonly url: string }[];
}

/** Maximum length of a string within a line, in characters. */
const MAX_NAME = 80;
const MAX_CAUSE = 160;
/** Maximum length of the error in the Markdown. */
const MAX_ERROR_LINES = 20;
const MAX_ERROR = 1500;
const MAX_CHANGES = 100;
const MAX_ALIKE = 9;
/** Longest allowed run of backticks: a fence must be longer than any inside, and has to fit. */
const MAX_TICKS = 16;
const LONG_TICKS = new RegExp(`\`{${MAX_TICKS + 1},}`, 'g');

/** "`enrich` failed with KeyError: 'sku_v1'; new since 2026-11-30T09:55:00Z, in 4 of the 30 runs before it". */
export function headlineOf({ nodeId, message, code }: DiagnosedFailure, occurrence: Occurrence | null): string {
  const subject = nodeId === null ? 'The run' : `\`${clipped(oneLine(nodeId), MAX_NAME).replaceAll('`', "'")}\``;
  const cause = causeOf(message) || (code === null ? '' : oneLine(code));
  const since = occurrence ? `; ${sinceText(occurrence)}` : '';
  return `${subject} failed${cause && ` with ${clipped(cause, MAX_CAUSE)}`}${since}`;
}

/** Python prints the message below its frames. */
function causeOf(message: string | null): string {
  const lines = (message ?? '').split('\n').filter((line) => line.trim() !== '');
  const isPythons = lines.some((line) => line.startsWith('Traceback (most recent call last)'));
  return oneLine((isPythons ? lines.at(-1) : lines[0]) ?? '');
}

/**
 * "4 of the 30 runs before it": those that finished since the failure was first seen. Null if none of them has the
 * failure.
 */
export function shareBefore({ count, finishedCount }: Occurrence): string | null {
  const [failed, finished] = [count - 1, finishedCount - 1];
  if (failed < 1) return null;
  return finished === 1 ? 'the run before it' : `${failed} of the ${finished} runs before it`;
}

function sinceText(occurrence: Occurrence): string {
  const { firstSeenAt, firstSeenIsExact, state, returnedAt } = occurrence;
  const share = shareBefore(occurrence);
  const orEarlier = firstSeenIsExact ? '' : ' or earlier';
  if (share === null) return state === 'NEW' ? 'new with this run' : `first seen in this run${orEarlier}`;
  const before = `in ${share}`;
  if (!firstSeenAt) return before;
  if (returnedAt) return `back since ${utcSeconds(returnedAt)}, first seen ${utcSeconds(firstSeenAt)}, ${before}`;
  return `${state === 'NEW' ? 'new since' : 'since'} ${utcSeconds(firstSeenAt)}${orEarlier}, ${before}`;
}

const KINDS = { GRAPH: 'Graph', MODEL: 'Model', PROMPT: 'Prompt', PARAMETERS: 'Parameters' } as const;

/** Returns at most `maxBytes` of UTF-8, cut at the end of a line. */
export function diagnosisMarkdown(diagnosis: DiagnosisText): (maxBytes: number) => string {
  const { headline, failure, runsExamined, changes, commonInputs, links } = diagnosis;
  const error = (failure.message ?? '').trim();
  const others = runsExamined === 1 ? ' alone' : ` and ${runsExamined - 1} before it`;
  const blocks: Block[] = [
    { isFenced: true, lines: linesOf(headline) },
    ...(error === '' || headline.includes(error) ? [] : [{ isFenced: true, lines: errorLines(error) }]),
    { isFenced: false, lines: [`Judged by this run${others}.`] },
    ...(changes.length > 0 ? [{ isFenced: false, lines: ['Changed shortly before:'] }] : []),
    ...(changes.length > 0 ? [{ isFenced: true, lines: shownChanges(changes) }] : []),
    ...(commonInputs.length > 0
      ? [{ isFenced: false, lines: ['The failed runs have in common (not necessarily the cause):'] }]
      : []),
    ...(commonInputs.length > 0 ? [{ isFenced: true, lines: commonInputs.map(oneLine) }] : []),
    { isFenced: true, lines: namesIn(diagnosis) },
    ...links.map(({ name, url }) => ({ isFenced: false, lines: [`${name}: <${url}>`] })),
  ];
  const shown = blocks.map(({ isFenced, lines }) => ({ isFenced, lines: lines.map(withoutLongTicks) }));
  // A fence must be longer than any run of backticks inside.
  const fence = '`'.repeat(1 + Math.max(2, maxOf(shown.flatMap(({ lines }) => lines.map(longestTicks)))));
  return (maxBytes) => cut(shown, fence, maxBytes);
}

interface Block {
  readonly isFenced: boolean;
  readonly lines: readonly string[];
}

function namesIn({ workflow, runId, failure: { nodeId, code }, alike, baseline }: DiagnosisText): string[] {
  const id = oneLine(workflow.id);
  const name = clipped(oneLine(workflow.name ?? ''), MAX_NAME);
  const others = alike.length > MAX_ALIKE ? ` and ${alike.length - MAX_ALIKE} more` : '';
  return [
    `workflow  ${name === '' || name === id ? id : `${name}  (${id})`}`,
    `run       ${oneLine(runId)}`,
    ...(nodeId === null ? [] : [`node      ${oneLine(nodeId)}`]),
    ...(code === null ? [] : [`code      ${clipped(oneLine(code), MAX_NAME)}`]),
    ...(alike.length > 0 ? [`alike     ${alike.slice(0, MAX_ALIKE).map(oneLine).join(', ')}${others}`] : []),
    ...(baseline ? [`compare   ${oneLine(baseline.runId)}  (${baselineText(baseline.isBeforeChange)})`] : []),
  ];
}

const baselineText = (isBeforeChange: boolean): string =>
  isBeforeChange ? 'completed before the change' : 'completed before the failures';

function errorLines(error: string): string[] {
  const lines = linesOf(clipped(error, MAX_ERROR));
  return lines.length > MAX_ERROR_LINES ? [...lines.slice(0, MAX_ERROR_LINES), '…'] : lines;
}

const shownChanges = (changes: readonly ChangePoint[]): string[] => [
  ...changes.slice(0, MAX_CHANGES).flatMap(changeLines),
  ...(changes.length > MAX_CHANGES ? [`… and ${changes.length - MAX_CHANGES} more`] : []),
];

const changeLines = ({ kind, nodeId, at, before, after }: ChangePoint): string[] => [
  `${KINDS[kind]}${nodeId === null ? '' : ` of ${oneLine(nodeId)}`}, ${utcSeconds(at)}`,
  ...linesOf(before ?? '').map((line) => `- ${line}`),
  ...linesOf(after ?? '').map((line) => `+ ${line}`),
];

function cut(blocks: readonly Block[], fence: string, maxBytes: number): string {
  let text = '';
  for (const { isFenced, lines } of blocks) {
    const [opening, closing] = isFenced ? [`${fence}text\n`, `${fence}\n`] : ['', ''];
    const start = text === '' ? opening : `\n${opening}`;
    let size = bytesOf(text) + bytesOf(start) + bytesOf(closing);
    const fitting = lines.findIndex((line) => (size += bytesOf(line) + 1) > maxBytes);
    const kept = fitting < 0 ? lines : lines.slice(0, fitting);
    if (kept.length > 0) text += `${start}${kept.join('\n')}\n${closing}`;
    if (fitting >= 0) break;
  }
  return text;
}

const withoutLongTicks = (line: string): string =>
  line.replaceAll(LONG_TICKS, (ticks) => `${ticks.slice(0, MAX_TICKS)}…`);

const longestTicks = (line: string): number => maxOf((line.match(/`+/g) ?? []).map(({ length }) => length));

const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Splits into lines without control characters, some of which end a line. */
const linesOf = (text: string): string[] =>
  text === ''
    ? []
    : text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => line.replaceAll(/\p{Cc}/gu, ' ').toWellFormed());

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .toWellFormed();

const clipped = (text: string, most: number): string => (text.length > most ? `${clip(text, most)}…` : text);

const utcSeconds = ({ epochMicros }: Timestamp): string =>
  `${new Date(Math.floor(epochMicros / 1000)).toISOString().slice(0, 19)}Z`;
