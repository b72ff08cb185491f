// Loading and empty, each at the size that comes after.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

const kDelayMs = 150;

// True once something has been awaited for so long that a skeleton is better than nothing.
export function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) return setLate(false);
    const timer = setTimeout(() => setLate(true), kDelayMs);
    return () => clearTimeout(timer);
  }, [waiting]);
  return waiting && late;
}

export function Skeleton({ lines, label }: { lines: number; label: string }) {
  const late = useLate(true);
  return (
    <div class={`skeleton ${late ? "late" : ""}`} role="status" aria-label={`${label}: loading`}>
      {Array.from({ length: lines }, (_, i) => <span key={i} class="line" />)}
    </div>
  );
}

interface EmptyProperties {
  why: ComponentChildren;
  command?: string;
}

export function Empty({ why, command }: EmptyProperties) {
  return <div class="empty"><p>{why}</p>{command && <p><code>{command}</code></p>}</div>;
}
