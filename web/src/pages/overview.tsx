// All symbols at a glance; the selected one larger; what the engine noticed.
import { NoticeFeed } from "../components/notice_feed.tsx";
import { Preview } from "../components/preview.tsx";
import { TopLine } from "../components/top_line.tsx";
import { WatchList } from "../components/watch_list.tsx";
import { shownSymbols } from "../state/live.ts";
import { preferences } from "../state/preferences.ts";
import { route } from "../state/route.ts";

export function Overview() {
  const symbols = shownSymbols.value;
  const asked = route.value.symbol;
  const starred = preferences.value.starred.find((symbol) => symbols.includes(symbol));
  const selected = asked && symbols.includes(asked) ? asked : (starred ?? symbols[0] ?? null);
  return (
    <div class="overview">
      <h1 class="sr">Overview</h1>
      <TopLine />
      <WatchList selected={selected} />
      <aside><Preview symbol={selected} /><NoticeFeed /></aside>
    </div>
  );
}
