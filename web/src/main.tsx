import { effect } from "@preact/signals";
import { render } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { takeToken } from "./api/token.ts";
import { palette } from "./charts/palette.ts";
import { StateBars } from "./components/bars.tsx";
import { HealthStrip } from "./components/health_strip.tsx";
import { Help } from "./components/help.tsx";
import { TopBar } from "./components/top_bar.tsx";
import { Charts } from "./pages/charts.tsx";
import { Overview } from "./pages/overview.tsx";
import { Pipeline } from "./pages/pipeline.tsx";
import { startClock } from "./state/clock.ts";
import { startKeys } from "./state/keys.ts";
import { startLive } from "./state/live.ts";
import { preferences, startPreferences } from "./state/preferences.ts";
import { route, startRoute } from "./state/route.ts";
import "./style/index.css";

const kPages = { overview: Overview, charts: Charts, pipeline: Pipeline };

function App() {
  const { page } = route.value;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // Who reads the page aloud is told of another one.
  useLayoutEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [page]);
  const Shown = kPages[page];
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>To the content</a>
      <TopBar />
      <HealthStrip />
      <StateBars />
      <main id="main" ref={main} tabIndex={-1} data-page={page}><Shown /></main>
      <Help />
    </>
  );
}

takeToken();
startPreferences();
startRoute(preferences.peek().zone);
effect(() => void palette.value); // puts the theme on the page
startClock();
startKeys();
startLive();
render(<App />, document.getElementById("app")!);
