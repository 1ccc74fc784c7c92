// Figures with their units, as short as they can be read.

/** @param {number} bytes */
export const size = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);

/** @param {number} ms */
export const time = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 9950 ? 2 : 1)} s`);

/** `2026-11-21T07:03:32.505Z` → `2026-11-21 07:03:32 UTC` @param {string} instant */
export const instantText = (instant) => instant.replace(/^([\d-]+)T([\d:]+)(\.\d+)?Z$/, '$1 $2 UTC');

/** @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
