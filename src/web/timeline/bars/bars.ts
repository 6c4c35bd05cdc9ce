/**
 * Drawing of the bars: one path for each status, regardless of the number of steps, and labels where they fit.
 * Bars outside the visible part are left out.
 */
import type { StepStatus } from '../../__generated__/graphql.ts';
import { formatDuration } from '../../format/duration.ts';
import { markOf, type Executed } from '../../text/mark.ts';
import type { Scale } from '../time/scale.ts';

export interface TimelineStep extends Executed {
  readonly stepId: string;
  readonly nodeId: string;
  readonly status: StepStatus;
  readonly offsetMs: number;
  /** Length of the bar, including waits. */
  readonly durationMs: number;
  readonly waitingMs: number;
  readonly isCritical: boolean;
  /** Whether the step is running or waiting, as far as the page knows. */
  readonly isGrowing: boolean;
}

/** A waiting step shows its wait, any other its work and how long it waited. */
export function durationText({ status, durationMs, waitingMs }: TimelineStep): string {
  if (status === 'WAITING') return formatDuration(waitingMs);
  const worked = formatDuration(durationMs - waitingMs);
  return waitingMs > 0 ? `${worked}, waited ${formatDuration(waitingMs)}` : worked;
}

export interface Bar extends TimelineStep {
  readonly lane: number;
}

export const LANE_PX = 28;
export const BAR_PX = 20;
const TOP_PX = (LANE_PX - BAR_PX) / 2;
const NARROWEST_PX = 2;
/** Gap between bars that touch. */
const APART_PX = 1;
const ROOM_FOR_LABEL_PX = 44;
/** Average width of a label's letter, and padding of a label. */
const LETTER_PX = 6.8;
const LABEL_PADDING_PX = 12;
const DURATION_PX = 62;

/** Visible part of the timeline, in pixels of the whole timeline. */
export interface Window {
  readonly widthPx: number;
  readonly leftPx: number;
  readonly viewPx: number;
  readonly firstLane: number;
  readonly lastLane: number;
}

export interface Box {
  /** Distance from the window's left edge. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Label extends Box {
  readonly bar: Bar;
  readonly text: string;
  readonly isInside: boolean;
  readonly hasRoomForDuration: boolean;
}

export interface Drawing {
  /** SVG path data. */
  readonly paths: ReadonlyMap<StepStatus, string>;
  readonly criticalPath: string;
  /** Waits of steps that no longer wait, each at the end of its bar: the upstream reports only their sum. */
  readonly waitingPath: string;
  /** A tick where most executions of the node have ended. */
  readonly usualPath: string;
  readonly labels: readonly Label[];
}

export function boxOf(bar: Bar, scale: Scale, { widthPx, leftPx }: Window): Box {
  const start = scale.placeOf(bar.offsetMs) * widthPx;
  const to = scale.placeOf(bar.offsetMs + bar.durationMs) * widthPx;
  // A bar that begins at the very end must be visible too.
  const from = Math.max(0, Math.min(start, widthPx - NARROWEST_PX));
  return { x: from - leftPx, y: bar.lane * LANE_PX + TOP_PX, width: Math.max(NARROWEST_PX, to - from - APART_PX) };
}

/** Label of a bar. */
export interface Wording {
  readonly textOf: (bar: Bar) => string;
  /** Whether a label without the duration is useless: it is then shown only where the duration fits. */
  readonly needsDuration: boolean;
}

/** By node id. */
export type UsualDurations = ReadonlyMap<string, { readonly p95Ms: number }>;

/** `bars` must be sorted by start time. */
export function drawBars(
  bars: readonly Bar[],
  scale: Scale,
  window: Window,
  wording: Wording = WITH_NAMES,
  usual: UsualDurations = new Map(),
): Drawing {
  const paths = new Map<StepStatus, string>();
  let criticalPath = '';
  let waitingPath = '';
  let usualPath = '';
  const labels: Label[] = [];
  const nextInLane = new Map<number, number>();
  const folds = scale.folds.map(({ from }) => from * window.widthPx - window.leftPx);

  // From last to first, because a label needs the space up to the next bar of its lane.
  for (const bar of bars.toReversed()) {
    const box = boxOf(bar, scale, window);
    const fold = folds.find((foldX) => foldX >= box.x + box.width - 1);
    const roomUntil = Math.min(nextInLane.get(bar.lane) ?? window.viewPx, fold ?? window.viewPx, window.viewPx);
    nextInLane.set(bar.lane, box.x);
    if (!isSeen(bar, box, window)) continue;
    const x = Math.max(box.x, -4);
    const width = Math.min(box.x + box.width, window.viewPx + 4) - x;
    paths.set(bar.status, (paths.get(bar.status) ?? '') + barPath(x, box.y, width));
    if (bar.waitingMs > 0 && bar.status !== 'WAITING') {
      const waitX = scale.placeOf(bar.offsetMs + bar.durationMs - bar.waitingMs) * window.widthPx - window.leftPx;
      const from = Math.max(x, waitX);
      if (from < x + width) waitingPath += barPath(from, box.y, x + width - from);
    }
    if (bar.isCritical) criticalPath += `M${round(x)} ${box.y + BAR_PX + 2.5}h${round(width)}`;
    const { p95Ms } = usual.get(bar.nodeId) ?? {};
    if (p95Ms !== undefined) {
      const usualX = scale.placeOf(bar.offsetMs + p95Ms) * window.widthPx - window.leftPx;
      usualPath += `M${round(usualX)} ${box.y - 2}v${BAR_PX + 4}`;
    }
    const label = labelOf(bar, wording, { x, y: box.y, width }, roomUntil);
    if (label) labels.push(label);
  }
  return { paths, criticalPath, waitingPath, usualPath, labels };
}

const isSeen = ({ lane }: Bar, { x, width }: Box, { viewPx, firstLane, lastLane }: Window): boolean =>
  x < viewPx && x + width > 0 && lane >= firstLane && lane <= lastLane;

function labelOf(bar: Bar, { textOf, needsDuration }: Wording, { x, y, width }: Box, roomUntil: number): Label | null {
  const left = Math.max(x, 0);
  const inside = x + width - left;
  const outside = roomUntil - (x + width);
  const text = textOf(bar);
  const textPx = text.length * LETTER_PX + LABEL_PADDING_PX;
  const wantedPx = needsDuration ? textPx + DURATION_PX : textPx;
  const isInside = inside >= wantedPx || inside >= outside;
  const room = isInside ? inside : outside;
  if (room < (needsDuration ? wantedPx : Math.min(textPx, ROOM_FOR_LABEL_PX))) return null;
  const hasRoomForDuration = room >= textPx + DURATION_PX;
  return { bar, text, isInside, hasRoomForDuration, x: isInside ? left : x + width, y, width: room };
}

const barPath = (x: number, y: number, width: number): string =>
  `M${round(x)} ${y}h${round(width)}v${BAR_PX}h${round(-width)}z`;

const round = (value: number): number => Math.round(value * 100) / 100;

/** The bar at a point of the window. A narrow bar is hit within four pixels. */
export function barAt(bars: readonly Bar[], scale: Scale, window: Window, x: number, y: number): Bar | null {
  const lane = Math.floor(y / LANE_PX);
  let best: Bar | null = null;
  let bestDistance = 4;
  for (const bar of bars) {
    if (bar.lane !== lane) continue;
    const box = boxOf(bar, scale, window);
    const distance = Math.max(box.x - x, x - box.x - box.width, 0);
    if (distance < bestDistance) [best, bestDistance] = [bar, distance];
  }
  return best;
}

export const labelText = (bar: Pick<Bar, 'nodeId' | keyof Executed>): string =>
  bar.itemKey !== null || bar.attempt > 1 ? `${bar.nodeId} ${markOf(bar)}` : bar.nodeId;

export const WITH_NAMES: Wording = { textOf: labelText, needsDuration: false };

/** Bar label in the layout with node names next to the bars. */
export const NEXT_TO_NAMES: Wording = {
  textOf: (bar) => markOf(bar) ?? '',
  needsDuration: true,
};
