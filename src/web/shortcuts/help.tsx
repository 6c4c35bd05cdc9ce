/** List of all keyboard shortcuts. */
import { Dialog } from '../shell/dialog.tsx';

const GROUPS: readonly { readonly name: string; readonly keys: readonly (readonly [keys: string, what: string])[] }[] =
  [
    {
      name: 'Everywhere',
      keys: [
        ['/  or  Ctrl K', 'Search: an order number, a run id, a workflow, a pasted link (⌘ K on a Mac)'],
        ['j  k', 'Next and previous row'],
        ['Enter', 'Open it'],
        ['Esc', 'Close the panel or dialog'],
        ['?', 'This list'],
      ],
    },
    {
      name: 'In a step',
      keys: [['←  →', 'Previous and next step']],
    },
    {
      name: 'On the timeline',
      keys: [
        ['← ↑ ↓ →', 'To the next step'],
        ['Enter', 'Open the step'],
        ['+  −  0', 'Zoom in, out, all'],
      ],
    },
  ];

export default function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog label="Keyboard shortcuts" onClose={onClose}>
      <div className="shortcut-help">
        <div className="toolbar">
          <h2>Keyboard shortcuts</h2>
          <span className="spacer" />
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
        {GROUPS.map(({ name, keys }) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>
              {keys.map(([shortcut, what]) => (
                <div key={shortcut}>
                  <dt>
                    <kbd>{shortcut}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
