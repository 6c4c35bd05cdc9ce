/** A price as a bar, in parts by model. */
import { modelName, priceOf, priceText, type Usage } from './usage.ts';

export interface ModelBarProps {
  readonly usages: readonly Pick<Usage['byModel'][number], 'model' | 'counts' | 'estimatedCost'>[];
  /** The price that fills the width. */
  readonly highest: number;
  /** In the order of their colours. */
  readonly models: readonly string[];
}

export function ModelBar({ usages, highest, models }: ModelBarProps) {
  const parts = usages.flatMap((usage) => {
    const price = priceOf(usage);
    const name = modelName(usage);
    return price?.amount == null ? [] : [{ name, price, amount: price.amount, colour: models.indexOf(name) }];
  });
  // The same model has the same place in each bar.
  parts.sort((one, other) => one.colour - other.colour);
  const words = parts.map(({ name, price }) => `${name}: ${priceText(price)}`).join('\n');
  return (
    <span className="model-bar" role="img" aria-label={words} title={words}>
      {parts.map(({ name, amount, colour }) => (
        <span key={name} className={modelClass(colour)} style={{ width: `${(100 * amount) / (highest || 1)}%` }} />
      ))}
    </span>
  );
}

/** More models than this share the last colour. */
const COLOURS = 5;

export const modelClass = (colour: number): string => `model-${Math.min(COLOURS, Math.max(0, colour) + 1)}`;
