/** Patterns that distinguish the statuses without colour. */

export function Patterns() {
  return (
    <defs>
      <pattern id="pattern-failed" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className="mark" d="M0 0v7" strokeWidth="2.5" />
      </pattern>
      <pattern id="pattern-running" width="8" height="20" patternUnits="userSpaceOnUse">
        <path className="mark" d="M1 0v20" strokeWidth="1.5" />
      </pattern>
      <pattern id="pattern-waiting" width="12" height="20" patternUnits="userSpaceOnUse">
        <path className="mark" d="M1 10h6" strokeWidth="2" />
      </pattern>
      <pattern id="pattern-cancelled" width="6" height="6" patternUnits="userSpaceOnUse">
        <circle className="dot" cx="2" cy="2" r="1.2" />
      </pattern>
      <pattern id="pattern-unknown" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className="mark" d="M0 0v7M0 0h7" strokeWidth="1" />
      </pattern>
      <pattern id="pattern-fold" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className="fold-mark" d="M0 0v8" strokeWidth="1" />
      </pattern>
    </defs>
  );
}
