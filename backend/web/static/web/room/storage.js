/* What the browser keeps for one person, on a tablet that a family may share: nothing but their own words.
   Unsent words wait in the browser (they were promised to go out), a draft only in its tab. Names of entries
   begin with the person, and signing out takes all of it away. */

export function unsent() {
  return usable(() => window.localStorage);
}

export function drafts() {
  return usable(() => window.sessionStorage);
}

/** A browser that forbids keeping keeps for this page only. */
function usable(storage) {
  try {
    storage().setItem("kept", "");
    storage().removeItem("kept");
    return storage();
  } catch (error) {
    return Object.create({ getItem: () => null, setItem: () => {}, removeItem: () => {} });
  }
}
