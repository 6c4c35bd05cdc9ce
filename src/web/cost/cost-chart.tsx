/** Cost over time as bars, stacked by model. Behind each bar is the same part of the previous period. */
import { useState } from 'react';
import { scaleLinear } from '@visx/scale';
import { formatCost } from '../format/numbers.ts';
import { useElementWidth } from '../hooks/element-width.ts';
import { ChartFrame, HEIGHT, slotOf } from '../trends/chart-frame.tsx';
import type { CostOfTime } from './cost-query.ts';
import { partName, type Span } from './span.ts';
import { costOf, costText, modelName } from './usage.ts';
import { modelClass, OTHER_MODELS } from './usage-table.tsx';

export interface CostChartProps {
  readonly span: Span;
  readonly parts: readonly CostOfTime[];
  readonly earlierParts: readonly CostOfTime[];
  /** Models in the order of their colors. */
  readonly models: readonly string[];
  readonly currency: string;
  /** When the model changed. */
  readonly changedAt: readonly string[];
}

const amountOf = (part: CostOfTime | undefined): number => costOf(part?.usage)?.amount ?? 0;

export function CostChart({ span, parts, earlierParts, models, currency, changedAt }: CostChartProps) {
  const [ref, width] = useElementWidth();
  const [pointedAt, setPointedAt] = useState<number | null>(null);
  const pointed = pointedAt === null ? undefined : parts[pointedAt];
  const most = Math.max(...[...parts, ...earlierParts].map(amountOf));
  const y = scaleLinear({ domain: [0, most], range: [HEIGHT, 0], nice: 3 });
  const { slot, leftOf } = slotOf(parts, width ?? 0);

  return (
    <div className="panel trend-charts" ref={ref}>
      <p className="trend-reading small" aria-hidden="true">
        {pointed ? (
          <>
            {partName(span, pointed.startedAt)} · <strong>{costText(pointed.usage)}</strong>
            {inOrder(pointed, models).map(({ name, amount }) => ` · ${name} ${formatCost(amount, currency)}`)} ·{' '}
            {span.words} before {formatCost(amountOf(earlierParts[pointedAt ?? 0]), currency)}
          </>
        ) : (
          <span className="muted">Point at a bar to see its values.</span>
        )}
      </p>
      {width !== null && (
        <ChartFrame
          {...{ width, changedAt, pointedAt }}
          rows={parts}
          shiftedAt={[]}
          onPoint={setPointedAt}
          title="Cost"
          label={`Cost by ${span.part.toLowerCase()} and model; the tables below have the values`}
          role="img"
          legend={
            <span className="trend-legend small">
              {models.slice(0, OTHER_MODELS).map((name, index) => (
                <span key={name} className={`key inline ${modelClass(index)}`}>
                  {name}
                </span>
              ))}
              {models.length > OTHER_MODELS && (
                <span className={`key inline ${modelClass(OTHER_MODELS)}`}>other models</span>
              )}
              <span className="key inline earlier">{span.words} before</span>
            </span>
          }
          yScale={y}
          formatY={(value) => formatCost(value, currency)}
        >
          {parts.map((part, index) => {
            const at = { left: leftOf(index), slot, y };
            return (
              <g key={part.startedAt}>
                <Bar {...at} share={0.86} from={0} to={amountOf(earlierParts[index])} look="earlier" />
                {inOrder(part, models).map(({ name, from, to, color }) => (
                  <Bar key={name} {...at} share={0.6} from={from} to={to} look={modelClass(color)} />
                ))}
              </g>
            );
          })}
        </ChartFrame>
      )}
    </div>
  );
}

/** Costs of the models, each on top of those before: a model has the same place in every bar. */
function inOrder({ usage }: CostOfTime, models: readonly string[]) {
  const priced = (usage?.byModel ?? []).map((ofModel) => ({
    name: modelName(ofModel),
    amount: costOf(ofModel)?.amount ?? 0,
  }));
  const ordered = priced
    .filter(({ amount }) => amount > 0)
    .map((model) => ({ ...model, color: models.indexOf(model.name) }))
    .sort((one, other) => one.color - other.color);
  let from = 0;
  return ordered.map((model) => ({ ...model, from, to: (from += model.amount) }));
}

const WIDEST_PX = 96;

interface BarProps {
  readonly left: number;
  readonly slot: number;
  /** Fraction of the slot. */
  readonly share: number;
  readonly y: (amount: number) => number;
  readonly from: number;
  readonly to: number;
  readonly look: string;
}

function Bar({ left, slot, share, y, from, to, look }: BarProps) {
  if (to <= from) return null;
  const width = Math.max(2, share * Math.min(slot, WIDEST_PX));
  return (
    <rect className={`bar ${look}`} x={left + (slot - width) / 2} y={y(to)} width={width} height={y(from) - y(to)} />
  );
}
