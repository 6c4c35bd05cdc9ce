/** Row of values, each below its name. */
import type { ReactNode } from 'react';
import { Hinted } from './hinted.tsx';

export interface FactProps {
  readonly name: string;
  readonly hint?: string | undefined;
  readonly children: ReactNode;
}

export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ name, hint, children }: FactProps) {
  return (
    <div>
      <dt>
        <Hinted hint={hint}>{name}</Hinted>
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
