/* Addresses in what was said. Plain ones only: what a reader sees is where the link leads. */

const ADDRESS = /https?:\/\/[^\s<>"'`\\^{|}\u007f-\uffff]+/gi;
const CLOSING = /[.,;:!?)\]]+$/; // ends a sentence, not an address

/** The text as [words, address] pairs, in order; address is null for what is none. */
export function cut(text) {
  const found = [];
  let from = 0;
  for (const match of addresses(text)) {
    const words = match[0].replace(CLOSING, "");
    const address = leadsTo(words);
    if (address === null) continue;
    if (match.index > from) found.push([text.slice(from, match.index), null]);
    found.push([words, address]);
    from = match.index + words.length;
  }
  if (from < text.length) found.push([text.slice(from), null]);
  return found;
}

function addresses(text) {
  const found = [];
  const search = new RegExp(ADDRESS.source, ADDRESS.flags);
  for (let match = search.exec(text); match; match = search.exec(text)) found.push(match);
  return found;
}

/** null where a browser would go elsewhere than one reads: a name before an @, a host written otherwise. */
function leadsTo(words) {
  let url;
  try {
    url = new URL(words);
  } catch (error) {
    return null;
  }
  const plain = `${url.protocol}//${url.host}`;
  const written = words.toLowerCase();
  const rest = written.charAt(plain.length);
  return written.startsWith(plain) && ["", "/", "?", "#"].includes(rest) ? url.href : null;
}
