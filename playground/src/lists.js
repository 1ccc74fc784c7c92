// The lists of an answer, and one of them as a table: nested objects become columns, and no value is lost or rounded.
import { isObject, nameField, nameOf, placeOf } from './places.js';
import { counted } from './units.js';

const LISTS_MAX = 100;
const NESTING_MAX = 2;
const DEPTH_MAX = 3;
const TEXT_MAX = 160;
/** Fields that hold a provider's own document, whose shape is not ours. */
const DOCUMENTS = new Set(['raw', 'unmapped']);

/** @typedef {{place: string, isConnection: boolean, rows: any[]}} List */

/**
 * Every list of objects in the data, in its order. Lists inside the records of a list are cells of its table.
 * @param {any} data
 * @returns {List[]}
 */
export function listsOf(data) {
  const lists = [];
  const visit = (value, path, nesting) => {
    if (lists.length >= LISTS_MAX) return;
    if (Array.isArray(value)) visitList(value, path, nesting);
    else if (isObject(value)) Object.entries(value).forEach(([key, inner]) => visit(inner, [...path, key], nesting));
  };
  const visitList = (list, path, nesting) => {
    const name = path.at(-1);
    const isConnection = name === 'nodes';
    if (name === 'sources' || !(isConnection || list.some(isObject))) return;
    const rows = list.filter(isObject);
    lists.push({ place: unused(placeOf(isConnection ? path.slice(0, -1) : path), lists), isConnection, rows });
    if (!isConnection && nesting + 1 < NESTING_MAX) rows.forEach((row, index) => visit(row, [...path, nameOf(row, index)], nesting + 1));
  };
  visit(data, [], 0);
  return lists;
}

/** Two companies may share a name; their lists must not. */
const unused = (place, lists) => {
  const same = lists.filter((list) => list.place === place || list.place.startsWith(`${place} (`)).length;
  return same ? `${place} (${same + 1})` : place;
};

/** The list to show first: records before anything else, and some before none. @param {List[]} lists */
export const firstList = (lists) =>
  lists.find(({ isConnection, rows }) => isConnection && rows.length) ?? lists.find(({ isConnection }) => isConnection) ?? lists[0];

/** @typedef {{text: string, isFigure: boolean}} Cell */

const isMoney = (value) => 'amount' in value && !isObject(value.amount) && Object.keys(value).every((key) => ['amount', 'currency', '__typename'].includes(key));

const moneyCell = ({ amount, currency }) => (amount === null ? null : { text: [amount, currency].filter(Boolean).join(' '), isFigure: true });

const cut = (text) => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);

/** A list inside a record, in a few words. */
function listText(list) {
  if (!list.length) return 'none';
  if (!list.some((one) => one !== null && typeof one === 'object')) return cut(list.join(', '));
  const names = list.map((one) => isObject(one) && one[nameField(one)]);
  return names.every(Boolean) ? cut(names.join(', ')) : counted(list.length, 'item');
}

/**
 * Fill `cells` with a value under this column; an object gives a column for what it is called by and one for each
 * other field.
 * @param {Map<string, Cell | null>} cells
 */
function put(cells, column, value, depth) {
  if (value === null) cells.set(column, null);
  else if (Array.isArray(value)) cells.set(column, { text: listText(value), isFigure: false });
  else if (typeof value !== 'object') cells.set(column, { text: String(value), isFigure: typeof value === 'number' });
  else if (isMoney(value)) cells.set(column, moneyCell(value));
  else if (depth >= DEPTH_MAX || DOCUMENTS.has(column.split('.').at(-1))) cells.set(column, { text: cut(JSON.stringify(value)), isFigure: false });
  else putFields(cells, column, value, depth);
}

function putFields(cells, column, value, depth) {
  const called = nameField(value);
  if (called) put(cells, column, value[called], depth + 1);
  for (const [key, inner] of Object.entries(value)) {
    if (key !== called) put(cells, `${column}.${key}`, inner, depth + 1);
  }
}

/** @returns {Map<string, Cell | null>} */
function cellsOf(row) {
  const cells = new Map();
  for (const [key, value] of Object.entries(row)) put(cells, key, value, 0);
  return cells;
}

/** An object that some records lack leaves an empty column beside those of its fields. */
const isLeftover = (column, columns, rows) =>
  columns.some((other) => other.startsWith(`${column}.`)) && rows.every((cells) => !cells.get(column));

/**
 * @param {any[]} rows
 * @returns {{columns: {name: string, isFigure: boolean}[], rows: Map<string, Cell | null>[]}}
 */
export function tableOf(rows) {
  const filled = rows.map(cellsOf);
  const names = [...new Set(filled.flatMap((cells) => [...cells.keys()]))];
  const columns = names.filter((name) => !isLeftover(name, names, filled));
  const isFigure = (name) => filled.some((cells) => cells.get(name)) && filled.every((cells) => cells.get(name)?.isFigure ?? true);
  return { columns: columns.map((name) => ({ name, isFigure: isFigure(name) })), rows: filled };
}
