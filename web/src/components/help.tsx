// The keys. Shown by ?, left by Escape.
import { useEffect, useRef } from "preact/hooks";
import { helpOpen } from "../state/actions.ts";
import { preferences, prefer, type Colours } from "../state/preferences.ts";

const kKeys: [string, string][] = [
  ["/", "search a symbol"], ["g o · g c · g p", "Overview · Charts · Pipeline"], ["↑ ↓ Enter", "move and open in lists"], ["s", "star the selected symbol"],
  ["← →", "pan the chart"], ["+ −", "zoom the chart"], ["1 … 6", "interval"], ["Space", "pause, or go live"], ["c", "compare symbols"], ["d", "chart as a table"],
  ["f", "full screen"], ["t", "theme: auto, dark, light"], ["z", "zone: UTC, local, New York"], ["?", "this list"], ["Esc", "back"],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help-dialog" aria-labelledby="help-title" onClose={() => { helpOpen.value = false; }}>
      <h2 id="help-title">Keys</h2>
      <dl>{kKeys.map(([key, what]) => [<dt key={key}><kbd>{key}</kbd></dt>, <dd key={what}>{what}</dd>])}</dl>
      <h2>Colours</h2>
      <p class="choices">
        {(["blue", "classic"] as Colours[]).map((colours) => (
          <label key={colours}><input type="radio" name="colours" checked={preferences.value.colours === colours} onChange={() => prefer({ colours })} /> {colours === "blue" ? "blue up, orange down" : "green up, red down"}</label>
        ))}
      </p>
      <p class="muted">Charts by <a href="https://www.tradingview.com/" rel="noreferrer" target="_blank">TradingView Lightweight Charts™</a>, Copyright © 2025 TradingView, Inc., Apache-2.0. uPlot and Preact, MIT.</p>
      <form method="dialog"><button type="submit">Close</button></form>
    </dialog>
  );
}
