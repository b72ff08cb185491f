// A token comes once, in the fragment of the address (#token=…), which never reaches a server or its logs. It is kept for
// this tab alone and taken out of the address at once.
const kKey = "tickerhouse-token";

export function takeToken(): void {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const token = parameters.get("token");
  if (token === null) return;
  sessionStorage.setItem(kKey, token);
  parameters.delete("token");
  history.replaceState(null, "", `#${parameters}`);
}

export function token(): string | null {
  return sessionStorage.getItem(kKey);
}
