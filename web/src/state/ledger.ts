// The ledger as an equation, checked here too: the page does not believe what it can add up itself.
import type { Ledger } from "../api/types.ts";

export const kPlaces = ["used", "duplicate", "late_revised", "late_kept", "rejected", "cancelled"] as const;
export type Place = (typeof kPlaces)[number];

export const kPlaceNames: Record<Place, string> = {
  used: "used", duplicate: "duplicate", late_revised: "late, revised", late_kept: "late, kept", rejected: "rejected",
  cancelled: "cancelled",
};

// received less all the places: 0 when nothing vanished.
export function missing(ledger: Ledger): number {
  return kPlaces.reduce((rest, place) => rest - ledger[place], ledger.received);
}
